import { Autocomplete, NumberInput, Select, Switch, TagsInput, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { Columns, Section } from '../../components/Form.tsx';
import { algorithmChoices } from './algorithms.ts';
import type { SetValues } from './set-form.ts';

const affinityChoices = [
  { value: 'aor', label: 'Address of record' },
  { value: 'source', label: 'Source address' },
  { value: 'call-id', label: 'Call-ID' },
  { value: 'none', label: 'None: REGISTER is spread like calls' },
];

const hashSources = ['call-id', 'from', 'from-user', 'to', 'to-user', 'ruri', 'ruri-user', 'source', 'auth-user', 'header:'];

const registrationChoices = [
  { value: 'path', label: 'Path: the PBX keeps our Path (RFC 3327)' },
  { value: 'contact', label: 'Contact: for a PBX without Path, ours stands in' },
];

/** How calls are spread over a set and how its destinations are probed. */
export function PolicyFields({ form }: { readonly form: UseFormReturnType<SetValues> }) {
  const probed = form.values.probing.mode !== 'never';
  return (
    <>
      <Section title="Spreading calls">
        <Columns>
          <Select label="Algorithm" allowDeselect={false} searchable data={algorithmChoices} {...form.getInputProps('algorithm')} />
          <Select label="Affinity of registrations" allowDeselect={false} data={affinityChoices} {...form.getInputProps('affinity')} />
        </Columns>
        {form.values.algorithm === '7' ? (
          <Autocomplete label="What is hashed" description="One of the list, or header:NAME" className="mono-input" data={hashSources} {...form.getInputProps('hashOn')} />
        ) : null}
        <Switch label="Affinity for calls, too" description="A phone's calls go to the PBX it registered with" {...form.getInputProps('affinityAll', { type: 'checkbox' })} />
        <Columns>
          <Select label="How phones behind this set are found" allowDeselect={false} data={registrationChoices} {...form.getInputProps('registration')} />
          <NumberInput label="Slow start" description="A new or recovered destination grows to its share; 0 = at once" inputWrapperOrder={['label', 'input', 'description', 'error']} suffix=" ms" min={0} step={10_000} thousandSeparator="," {...form.getInputProps('slowStartMs')} />
        </Columns>
      </Section>
      <Section title="Health checks">
        <Columns>
          <Select
            label="Probe with OPTIONS"
            allowDeselect={false}
            data={[
              { value: 'always', label: 'Always' },
              { value: 'failing', label: 'Only while failing' },
              { value: 'never', label: 'Never: taken as up' },
            ]}
            {...form.getInputProps('probing.mode')}
          />
          <NumberInput label="Every" suffix=" ms" min={0} step={1000} thousandSeparator="," disabled={!probed} {...form.getInputProps('probing.intervalMs')} />
          <NumberInput label="Time-out" suffix=" ms" min={0} step={500} thousandSeparator="," disabled={!probed} {...form.getInputProps('probing.timeoutMs')} />
        </Columns>
        <Columns>
          <NumberInput label="Down after" suffix={Number(form.values.probing.downAfter) === 1 ? ' failure' : ' failures'} min={1} disabled={!probed} {...form.getInputProps('probing.downAfter')} />
          <NumberInput label="Up after" suffix={Number(form.values.probing.upAfter) === 1 ? ' answer' : ' answers'} min={1} disabled={!probed} {...form.getInputProps('probing.upAfter')} />
          <TagsInput label="Codes that mean alive" splitChars={[',', ' ']} disabled={!probed} {...form.getInputProps('probing.codes')} />
        </Columns>
        <TextInput label="From of the probes" placeholder="the node's own address" className="mono-input" disabled={!probed} {...form.getInputProps('probing.from')} />
        <Switch label="Use destinations without a verdict yet" description="Before the first probe is answered" {...form.getInputProps('probing.useUnknown', { type: 'checkbox' })} />
      </Section>
    </>
  );
}
