import { useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { RevisionMark } from './RevisionMark.tsx';
import styles from './PageHeader.module.css';

interface Props {
  readonly title: string;
  /** One line of what the page is. */
  readonly about: string;
  readonly actions?: ReactNode;
}

/** Title, one line of what it is, actions on the right, and the revision mark of the last save. */
export function PageHeader({ title, about, actions }: Props) {
  const { open, create, destination } = useSearch({ strict: false });
  const drawerOpen = open !== undefined || create !== undefined || destination !== undefined;
  useEffect(() => {
    document.title = `${title} · Signalbox`;
  }, [title]);
  return (
    <header className={styles['root']}>
      <div className={styles['words']}>
        <h1>{title}</h1>
        <p>{about}</p>
      </div>
      <div className={styles['actions']}>
        {/* An open drawer shows the mark at its own foot. */}
        {drawerOpen ? null : <RevisionMark />}
        {actions}
      </div>
    </header>
  );
}
