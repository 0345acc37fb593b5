import type { ReactNode } from 'react';
import styles from './Panel.module.css';

interface Props {
  readonly title?: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  /** `flush` leaves the inner margin to the content (tables, charts). */
  readonly flush?: boolean;
}

/** A bordered surface with an optional heading line. */
export function Panel({ title, aside, children, flush = false }: Props) {
  return (
    <section className={styles['root']} aria-label={title}>
      {title === undefined ? null : (
        <div className={styles['head']}>
          <h2>{title}</h2>
          <div className={styles['aside']}>{aside}</div>
        </div>
      )}
      <div className={flush ? styles['flush'] : styles['body']}>{children}</div>
    </section>
  );
}
