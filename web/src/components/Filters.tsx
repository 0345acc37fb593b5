import { Kbd, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useFilter } from '../lib/use-filter.ts';
import { TenantPicker } from './Pickers.tsx';
import styles from './Filters.module.css';

interface Props {
  readonly placeholder: string;
  readonly tenant?: boolean;
  readonly children?: ReactNode;
}

/** The filter line above a list. `/` puts the cursor into it. */
export function Filters({ placeholder, tenant = false, children }: Props) {
  const search = useSearch({ strict: false });
  const filter = useFilter();
  const [text, setText] = useState(search.q ?? '');
  const input = useRef<HTMLInputElement>(null);
  const apply = useDebouncedCallback((q: string) => filter({ q: q === '' ? undefined : q }), 200);

  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.key !== '/' || event.ctrlKey || event.metaKey || target.closest('input, textarea, [contenteditable]') !== null) return;
      event.preventDefault();
      input.current?.focus();
    };
    window.addEventListener('keydown', focus);
    return () => window.removeEventListener('keydown', focus);
  }, []);

  return (
    <div className={styles['root']} role="search">
      <TextInput
        ref={input}
        size="xs"
        className={styles['text'] ?? ''}
        aria-label={placeholder}
        placeholder={placeholder}
        value={text}
        leftSection={<IconSearch size={14} stroke={1.8} />}
        rightSection={text === '' ? <Kbd size="xs" aria-hidden>/</Kbd> : null}
        onChange={(event) => {
          setText(event.currentTarget.value);
          apply(event.currentTarget.value.trim());
        }}
      />
      {tenant ? (
        <TenantPicker
          size="xs"
          aria-label="Tenant"
          placeholder="All tenants"
          clearable
          w={190}
          value={search.tenant ?? null}
          onChange={(key) => filter({ tenant: key ?? undefined })}
        />
      ) : null}
      {children}
    </div>
  );
}
