import type { ReactNode } from 'react';
import styles from './EmptyState.module.css';

interface Props {
  readonly icon: ReactNode;
  readonly title: string;
  /** What this is for and what to do next, in a sentence or two. */
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

/** What a list says while it has nothing: what it is for, and the next step. */
export function EmptyState({ icon, title, children, action }: Props) {
  return (
    <div className={styles['root']}>
      <div className={styles['icon']} aria-hidden>
        {icon}
      </div>
      <h2>{title}</h2>
      <p>{children}</p>
      {action === undefined ? null : <div className={styles['action']}>{action}</div>}
    </div>
  );
}
