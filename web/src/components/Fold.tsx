import { Collapse, UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import styles from './Fold.module.css';

interface Props {
  readonly label: string;
  readonly open: boolean;
  readonly onToggle: (open: boolean) => void;
  readonly children: ReactNode;
}

/** What few need, folded away under a line that says what it is. */
export function Fold({ label, open, onToggle, children }: Props) {
  const Icon = open ? IconChevronDown : IconChevronRight;
  return (
    <div>
      <UnstyledButton className={styles['fold'] ?? ''} aria-expanded={open} onClick={() => onToggle(!open)}>
        <Icon size={14} aria-hidden /> {label}
      </UnstyledButton>
      <Collapse expanded={open}>
        <div className={styles['body']}>{children}</div>
      </Collapse>
    </div>
  );
}
