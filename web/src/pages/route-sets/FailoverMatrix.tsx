import { Button, NumberInput, SegmentedControl } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useState } from 'react';
import { Columns, Section } from '../../components/Form.tsx';
import type { RouteSetValues } from './route-set-form.ts';
import styles from './FailoverMatrix.module.css';

const outcomes: readonly { readonly trigger: string | number; readonly name: string; readonly meaning: string; readonly risk?: string }[] = [
  { trigger: 'timeout', name: 'No answer', meaning: 'no provisional answer in time' },
  { trigger: 'transport', name: 'Unreachable', meaning: 'ICMP, refused, broken connection' },
  { trigger: 500, name: '500', meaning: 'Server internal error' },
  { trigger: 503, name: '503', meaning: 'Service unavailable' },
  { trigger: 502, name: '502', meaning: 'Bad gateway' },
  { trigger: 504, name: '504', meaning: 'Server time-out' },
  { trigger: 408, name: '408', meaning: 'Request time-out' },
  { trigger: 404, name: '404', meaning: 'Not found', risk: 'asks every PBX for numbers that nobody has' },
  { trigger: 480, name: '480', meaning: 'Temporarily unavailable', risk: 'rings again elsewhere after nobody answered' },
  { trigger: 486, name: '486', meaning: 'Busy here', risk: 'rings a busy person’s second PBX' },
];

const known = new Set(outcomes.map((each) => each.trigger));

/** Which outcomes of an attempt go on to the next destination and which are final. */
export function FailoverMatrix({ form }: { readonly form: UseFormReturnType<RouteSetValues> }) {
  const [code, setCode] = useState<number | string>('');
  const { on } = form.values.failover;
  const others = on.filter((trigger) => !known.has(trigger)).map((trigger) => ({ trigger, name: String(trigger), meaning: 'added here', risk: undefined }));
  const turn = (trigger: string | number, moves: boolean) => {
    const rest = on.filter((each) => each !== trigger);
    form.setFieldValue('failover.on', moves ? [...rest, trigger] : rest);
  };
  const add = () => {
    const number = Number(code);
    if (Number.isInteger(number) && number >= 300 && number <= 599 && !on.includes(number)) turn(number, true);
    setCode('');
  };
  return (
    <Section title="Failover" about="After each attempt: try the next destination, or give the answer to the caller. A caller’s hang-up and 6xx are always final.">
      <Columns>
        <NumberInput label="First answer within" suffix=" ms" min={0} step={500} thousandSeparator="," {...form.getInputProps('failover.frMs')} />
        <NumberInput label="Final answer within" suffix=" ms" min={0} step={5000} thousandSeparator="," {...form.getInputProps('failover.frInviteMs')} />
        <NumberInput label="Attempts at most" min={1} max={16} {...form.getInputProps('failover.maxAttempts')} />
      </Columns>
      <table className={styles['matrix']} aria-label="Failover matrix">
        <thead>
          <tr>
            <th scope="col">Outcome</th>
            <th scope="col">Meaning</th>
            <th scope="col">Then</th>
          </tr>
        </thead>
        <tbody>
          {[...outcomes, ...others].map(({ trigger, name, meaning, risk }) => {
            const moves = on.includes(trigger);
            return (
              <tr key={String(trigger)} data-moves={moves || undefined}>
                <th scope="row">{name}</th>
                <td>
                  {meaning}
                  {moves && risk !== undefined ? <span className={styles['risk']}> · {risk}</span> : null}
                </td>
                <td>
                  <SegmentedControl
                    size="xs"
                    aria-label={`After ${name}`}
                    value={moves ? 'next' : 'final'}
                    onChange={(value) => turn(trigger, value === 'next')}
                    data={[
                      { value: 'next', label: 'Try the next' },
                      { value: 'final', label: 'Final' },
                    ]}
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <div className={styles['add']}>
        <NumberInput aria-label="Another reply code" placeholder="another code" size="xs" w={130} min={300} max={599} hideControls value={code} onChange={setCode} />
        <Button variant="default" size="xs" disabled={code === ''} onClick={add}>
          Add
        </Button>
      </div>
      {form.errors['failover.on'] === undefined ? null : <div role="alert" className={styles['error']}>{form.errors['failover.on']}</div>}
    </Section>
  );
}
