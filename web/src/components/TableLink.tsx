import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ConsoleSearch } from '../lib/search.ts';
import type { PagePath } from '../lib/navigation.ts';
import styles from './TableLink.module.css';

interface Props {
  readonly to: PagePath;
  readonly search: ConsoleSearch;
  readonly children: ReactNode;
}

/** A link inside a row; it wins over the row's own. */
export function TableLink({ to, search, children }: Props) {
  return (
    <Link to={to} search={search} className={styles['root'] ?? ''}>
      {children}
    </Link>
  );
}
