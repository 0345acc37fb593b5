import { UnstyledButton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { fireAndReport } from '../lib/fire-and-report.ts';
import styles from './Copyable.module.css';

/** A SIP URI, number or key in a monospaced face, or in the words of `label` what would be copied; a click copies it. */
export function Copyable({ value, label }: { readonly value: string; readonly label?: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = window.setTimeout(() => setCopied(false), 1200);
    return () => window.clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
  };
  return (
    <UnstyledButton
      className={styles['root'] ?? ''}
      aria-label={label ?? `Copy ${value}`}
      title={copied ? 'Copied' : 'Copy'}
      onClick={(event) => {
        event.stopPropagation();
        fireAndReport(copy(), 'The browser did not allow copying');
      }}
    >
      <span className={`mono ${styles['text'] ?? ''}`}>{label ?? value}</span>
      <span className={styles['icon']} data-copied={copied || undefined} aria-hidden>
        {copied ? <IconCheck size={13} stroke={2} /> : <IconCopy size={13} stroke={1.6} />}
      </span>
    </UnstyledButton>
  );
}
