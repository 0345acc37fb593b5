import { NumberInput, TextInput } from '@mantine/core';
import type { FormErrors } from '@mantine/form';
import { useState } from 'react';
import { Fold } from '../../components/Fold.tsx';
import { Columns } from '../../components/Form.tsx';
import type { RuleValues } from './route-set-form.ts';
import styles from './RuleAdvanced.module.css';
import { RuleWindows } from './RuleWindows.tsx';

const parts = ['windows', 'prices', 'rates', 'enumSuffix'] as const;

interface Props {
  readonly rule: RuleValues;
  readonly index: number;
  readonly errors: FormErrors;
  readonly onChange: (rule: RuleValues) => void;
}

const isUsed = (rule: RuleValues): boolean => rule.windows.length > 0 || rule.prices.length > 0 || Number(rule.rates) > 0 || rule.enumSuffix !== '';

/** What few rules need: hours, prices, a price list, ENUM. Open when the rule has any of it, or an error in it. */
export function RuleAdvanced({ rule, index, errors, onChange }: Props) {
  const [opened, setOpened] = useState(isUsed(rule));
  const at = `rules.${index}`;
  const wrong = Object.keys(errors).some((path) => parts.some((part) => path === `${at}.${part}` || path.startsWith(`${at}.${part}.`)));
  const open = opened || wrong;
  const price = (place: number, value: number | string) => {
    const prices = rule.sets.map((_, other) => (other === place ? value : (rule.prices[other] ?? '')));
    onChange({ ...rule, prices: prices.every((each) => each === '') ? [] : prices });
  };
  return (
    <Fold label="Advanced: hours, prices, rate table, ENUM" open={open} onToggle={setOpened}>
      <RuleWindows windows={rule.windows} errors={errors} path={`${at}.windows`} onChange={(windows) => onChange({ ...rule, windows })} />
      {rule.sets.length === 0 ? null : (
        <div role="group" aria-label="Prices">
          <p className={styles['about']}>With a price for every set the cheapest comes first; without any, the order above holds.</p>
          <Columns>
            {rule.sets.map((set, place) => (
              <NumberInput key={set} label={`Price of set ${set}`} min={0} decimalScale={6} placeholder="none" hideControls value={rule.prices[place] ?? ''} error={errors[`${at}.prices.${place}`] ?? (place === 0 ? errors[`${at}.prices`] : undefined)} onChange={(value) => price(place, value)} />
            ))}
          </Columns>
        </div>
      )}
      <Columns>
        <NumberInput label="Rate table" description="Its rows choose the sets; those above are backups. 0 = none" min={0} allowDecimal={false} value={rule.rates} error={errors[`${at}.rates`]} onChange={(rates) => onChange({ ...rule, rates })} />
        <TextInput label="ENUM suffix" description="Asked in DNS first (RFC 6116); empty = not" className="mono-input" placeholder="e164.arpa" value={rule.enumSuffix} error={errors[`${at}.enumSuffix`]} onChange={(event) => onChange({ ...rule, enumSuffix: event.currentTarget.value })} />
      </Columns>
    </Fold>
  );
}
