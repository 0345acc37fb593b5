import {
  IconCircleArrowDownFilled, IconCircleArrowUpFilled, IconCircleDashed, IconCircleMinus, IconHourglassHigh,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import styles from './StateBadge.module.css';
import type { Tone } from './tone.ts';

const icons: Readonly<Record<Tone, typeof IconCircleDashed>> = {
  up: IconCircleArrowUpFilled,
  probing: IconCircleDashed,
  down: IconCircleArrowDownFilled,
  draining: IconHourglassHigh,
  disabled: IconCircleMinus,
};

interface Props {
  readonly tone: Tone;
  readonly children: ReactNode;
  /** `soft` puts the word on a tinted ground, for headers and summaries. */
  readonly soft?: boolean;
}

/** State as icon and word in the state's colour; never colour alone. */
export function StateBadge({ tone, children, soft = false }: Props) {
  const Icon = icons[tone];
  return (
    <span className={styles['root']} data-tone={tone} data-soft={soft || undefined}>
      <Icon size={14} stroke={2} aria-hidden />
      <span>{children}</span>
    </span>
  );
}
