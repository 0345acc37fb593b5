import { MultiSelect, Select, type SelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { dispatcherSets, routeSets, tenants } from '../api/resources.ts';

interface Option {
  readonly value: string;
  readonly label: string;
}

/** The chosen value stays an option even when the search does not find it. */
function withChosen(options: readonly Option[], chosen: readonly string[]): Option[] {
  const missing = chosen.filter((value) => value !== '' && !options.some((option) => option.value === value));
  return [...missing.map((value) => ({ value, label: value })), ...options];
}

type PickerProps = Omit<SelectProps, 'data' | 'searchable' | 'onSearchChange' | 'filter'>;

const unfiltered: NonNullable<SelectProps['filter']> = ({ options }) => options;

/** A label chosen earlier must not act as a search text. */
function useSearchText(labels: (text: string) => boolean) {
  const [text, setText] = useState('');
  const [settled] = useDebouncedValue(text.trim(), 150);
  return { q: labels(settled) ? '' : settled, setText };
}

/** One tenant, searched on the server. */
export function TenantPicker(props: PickerProps) {
  const [known, setKnown] = useState<readonly string[]>([]);
  const { q, setText } = useSearchText((text) => known.includes(text));
  const { data } = useQuery({ ...tenants.choices(q), placeholderData: keepPreviousData });
  const options = (data?.items ?? []).map((each) => ({ value: each.key, label: each.name === '' ? each.key : each.name }));
  return (
    <Select
      searchable
      allowDeselect={false}
      nothingFoundMessage="No such tenant"
      {...props}
      filter={unfiltered}
      data={withChosen(options, [props.value ?? ''])}
      onSearchChange={(text) => {
        setKnown(options.map((option) => option.label));
        setText(text);
      }}
    />
  );
}

/** One route set: "1 · acme". Only those of the tenant and the shared ones are worth choosing, so `tenant` narrows. */
export function RouteSetPicker({ tenant, ...props }: PickerProps & { readonly tenant?: string | undefined }) {
  const { q, setText } = useSearchText((text) => text.includes(' · '));
  const { data } = useQuery({ ...routeSets.choices(q), placeholderData: keepPreviousData });
  const options = (data?.items ?? [])
    .filter((each) => tenant === undefined || tenant === '' || each.tenant === null || each.tenant === tenant)
    .map((each) => ({ value: String(each.number), label: each.name === '' ? `${each.number} · unnamed` : `${each.number} · ${each.name}` }));
  return <Select searchable allowDeselect={false} nothingFoundMessage="No such route set" {...props} filter={unfiltered} data={withChosen(options, [props.value ?? ''])} onSearchChange={setText} />;
}

interface SetsProps {
  readonly value: readonly number[];
  /** `owner`: the tenant of the first of them that is not shared, as far as it is listed; null = none. */
  readonly onChange: (sets: number[], owner: string | null) => void;
  readonly label: string;
  /** Only this tenant's sets and the shared ones; null = all. */
  readonly tenant: string | null;
  readonly error?: React.ReactNode;
}

/** Dispatcher sets in order: the first serves, the rest are its backups. */
export function SetsPicker({ value, onChange, label, tenant, error }: SetsProps) {
  const { q, setText } = useSearchText(() => false);
  const { data } = useQuery({ ...dispatcherSets.choices(q, {}, 100), placeholderData: keepPreviousData });
  const usable = (data?.items ?? []).filter((each) => tenant === null || each.tenant === null || each.tenant === tenant);
  const options = usable.map((each) => ({ value: String(each.id), label: each.name === '' ? `${each.id}` : `${each.id} · ${each.name}` }));
  const chosen = value.map(String);
  const ownerOf = (sets: readonly number[]): string | null => sets.map((id) => data?.items.find((each) => each.id === id)?.tenant ?? null).find((owner) => owner !== null) ?? null;
  return (
    <MultiSelect
      searchable
      label={label}
      error={error}
      nothingFoundMessage="No such dispatcher set"
      placeholder={value.length === 0 ? 'Choose the primary' : 'Backup'}
      value={chosen}
      data={withChosen(options, chosen)}
      filter={unfiltered}
      onSearchChange={setText}
      onChange={(keys) => onChange(keys.map(Number), ownerOf(keys.map(Number)))}
      hidePickedOptions
    />
  );
}
