import { ActionIcon } from '@mantine/core';
import { IconAlertTriangle, IconArrowRight, IconChevronDown, IconChevronUp, IconGripVertical, IconTrash } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Overlap } from './overlap.ts';
import { matchText, type RuleValues } from './route-set-form.ts';
import styles from './RuleLine.module.css';

interface Props {
  readonly rule: RuleValues;
  readonly index: number;
  readonly last: boolean;
  readonly sets: ReadonlyMap<number, { readonly name: string }>;
  readonly overlap: Overlap | null;
  /** What the control plane found about it. */
  readonly findings: readonly string[];
  readonly error: ReactNode;
  readonly unfolded: boolean;
  readonly onToggle: () => void;
  readonly onMove: (by: -1 | 1) => void;
  readonly onDrag: (dragging: boolean) => void;
  readonly onRemove: () => void;
}

/** When a rule holds, what else it asks and what it does to the number, in words; empty for a plain rule. */
function particulars(rule: RuleValues): string {
  const parts: string[] = [];
  if (rule.windows.length > 0) parts.push('at times');
  if (rule.enumSuffix !== '') parts.push('ENUM');
  if (Number(rule.rates) > 0) parts.push(`rates ${rule.rates}`);
  else if (rule.prices.length > 0) parts.push('cheapest first');
  if (Number(rule.strip) > 0) parts.push(`strip ${rule.strip}`);
  if (rule.prepend !== '') parts.push(`prepend ${rule.prepend}`);
  return parts.join(', ');
}

/** One rule in one line: what it matches, where it sends it, and what is wrong with it. */
export function RuleLine(props: Props) {
  const { rule, index, sets, overlap, error, unfolded } = props;
  const number = index + 1;
  const extras = particulars(rule);
  return (
    <div className={styles['root']} data-unfolded={unfolded || undefined}>
      <div className={styles['line']}>
        <span className={styles['grip']} draggable onDragStart={() => props.onDrag(true)} onDragEnd={() => props.onDrag(false)} aria-hidden title="Drag to move">
          <IconGripVertical size={15} stroke={1.6} />
        </span>
        <button type="button" className={styles['summary']} onClick={props.onToggle} aria-expanded={unfolded}>
          <span className={styles['number']}>{number}</span>
          <span className={styles['type']}>{rule.match.type}</span>
          <span className={styles['match']}>{matchText(rule.match)}</span>
          <IconArrowRight size={14} stroke={1.6} aria-label="goes to" className={styles['arrow']} />
          <span className={styles['sets']}>
            {rule.sets.length === 0 ? <span className={styles['missing']}>no set chosen</span> : null}
            {rule.sets.map((set, place) => (
              <span key={set} className={styles['set']} data-backup={place > 0 || undefined}>
                {place === 1 ? <span className={styles['then']}>then </span> : null}
                <span className="num">{set}</span> {sets.get(set)?.name}
              </span>
            ))}
          </span>
          <span className={styles['extras']}>
            {extras}
            {rule.methods.length > 0 ? <span className={styles['methods']}>{rule.methods.join(' ')}</span> : null}
          </span>
        </button>
        <span className={styles['acts']}>
          <ActionIcon variant="subtle" color="gray" size={28} disabled={index === 0} aria-label={`Move rule ${number} up`} onClick={() => props.onMove(-1)}>
            <IconChevronUp size={15} />
          </ActionIcon>
          <ActionIcon variant="subtle" color="gray" size={28} disabled={props.last} aria-label={`Move rule ${number} down`} onClick={() => props.onMove(1)}>
            <IconChevronDown size={15} />
          </ActionIcon>
          <ActionIcon variant="subtle" color="gray" size={28} aria-label={`Remove rule ${number}`} onClick={props.onRemove}>
            <IconTrash size={15} stroke={1.6} />
          </ActionIcon>
        </span>
      </div>
      {overlap === null ? null : (
        <div className={styles['note']} data-kind={overlap.kind}>
          <IconAlertTriangle size={14} aria-hidden /> {overlap.text}
        </div>
      )}
      {props.findings.map((text) => (
        <div key={text} className={styles['note']}>
          <IconAlertTriangle size={14} aria-hidden /> {text}
        </div>
      ))}
      {error === null ? null : (
        <div className={styles['note']} data-kind="error" role="alert">
          <IconAlertTriangle size={14} aria-hidden /> {error}
        </div>
      )}
    </div>
  );
}
