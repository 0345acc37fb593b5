import { NumberInput, Select, TagsInput, TextInput } from '@mantine/core';
import type { FormErrors } from '@mantine/form';
import { Columns } from '../../components/Form.tsx';
import { SetsPicker } from '../../components/Pickers.tsx';
import { withSets, type MatchType, type RuleValues } from './route-set-form.ts';
import { RuleAdvanced } from './RuleAdvanced.tsx';
import styles from './RuleFields.module.css';

const types: readonly { readonly value: MatchType; readonly label: string }[] = [
  { value: 'exact', label: 'Exact number' },
  { value: 'range', label: 'Range' },
  { value: 'prefix', label: 'Prefix' },
  { value: 'any', label: 'Any number' },
];

const methods = ['INVITE', 'REGISTER', 'SUBSCRIBE', 'PUBLISH', 'MESSAGE', 'OPTIONS', 'NOTIFY', 'REFER', 'INFO'];

interface Props {
  readonly rule: RuleValues;
  readonly index: number;
  readonly errors: FormErrors;
  readonly tenant: string | null;
  /** `owner`: the tenant whose dispatcher set was chosen. */
  readonly onChange: (rule: RuleValues, owner?: string | null) => void;
}

/** The unfolded fields of one rule. */
export function RuleFields({ rule, index, errors, tenant, onChange }: Props) {
  const error = (path: string) => errors[`rules.${index}.${path}`];
  const match = (change: Partial<RuleValues['match']>) => onChange({ ...rule, match: { ...rule.match, ...change } });
  const { type } = rule.match;
  return (
    <div className={styles['root']}>
      <Columns>
        <Select label="Dialled user" allowDeselect={false} data={types} value={type} onChange={(value) => match({ type: value ?? 'any' })} error={error('match') ?? error('match.type')} />
        {type === 'range' ? (
          <>
            <TextInput label="From" className="mono-input" inputMode="numeric" placeholder="1000" value={rule.match.from} onChange={(event) => match({ from: event.currentTarget.value })} error={error('match.from')} />
            <TextInput label="To, included" className="mono-input" inputMode="numeric" placeholder="1999" value={rule.match.to} onChange={(event) => match({ to: event.currentTarget.value })} error={error('match.to')} />
          </>
        ) : null}
        {type === 'exact' || type === 'prefix' ? (
          <TextInput label={type === 'exact' ? 'Number' : 'Starts with'} className="mono-input" placeholder={type === 'exact' ? '1001' : '+49'} value={rule.match.value} onChange={(event) => match({ value: event.currentTarget.value })} error={error('match.value')} />
        ) : null}
      </Columns>
      <SetsPicker label="Dispatcher sets, primary first" tenant={tenant} value={rule.sets} onChange={(sets, owner) => onChange(withSets(rule, sets), owner)} error={error('sets') ?? rule.sets.map((_, place) => error(`sets.${place}`)).find((each) => each !== undefined)} />
      <Columns>
        <NumberInput label="Strip digits" min={0} value={rule.strip} onChange={(strip) => onChange({ ...rule, strip })} error={error('strip')} />
        <TextInput label="Then prepend" className="mono-input" placeholder="00" value={rule.prepend} onChange={(event) => onChange({ ...rule, prepend: event.currentTarget.value })} error={error('prepend')} />
        <TagsInput label="Methods" placeholder={rule.methods.length === 0 ? 'every method' : ''} data={methods} splitChars={[',', ' ']} value={rule.methods} onChange={(next) => onChange({ ...rule, methods: next })} error={error('methods')} />
      </Columns>
      <RuleAdvanced rule={rule} index={index} errors={errors} onChange={onChange} />
      <TextInput label="Comment" value={rule.comment} onChange={(event) => onChange({ ...rule, comment: event.currentTarget.value })} error={error('comment')} />
    </div>
  );
}
