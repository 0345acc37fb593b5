import type { ReactNode } from 'react';
import { Wordmark } from '../../components/shell/Wordmark.tsx';
import styles from './SessionFrame.module.css';

interface Props {
  readonly title: string;
  readonly about: string;
  readonly children: ReactNode;
  readonly foot?: ReactNode;
}

/** The frame of the pages before the sign-in. */
export function SessionFrame({ title, about, children, foot }: Props) {
  return (
    <main className={styles['root']}>
      <div className={styles['column']}>
        <div className={styles['brand']}>
          <Wordmark size={28} />
        </div>
        <div className={styles['card']}>
          <h1>{title}</h1>
          <p className={styles['about']}>{about}</p>
          {children}
        </div>
        {foot === undefined ? null : <div className={styles['foot']}>{foot}</div>}
      </div>
    </main>
  );
}
