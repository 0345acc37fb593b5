import { Skeleton } from '@mantine/core';
import { useQuery, type UseQueryOptions } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { EntityDrawer } from './EntityDrawer.tsx';
import { Failure } from './Form.tsx';

interface Props<T> {
  readonly title: string;
  /** null = a new entity; nothing is read. */
  // The key's exact tuple is of no interest here.
  readonly query: Pick<UseQueryOptions<T, Error, T, string[]>, 'queryKey' | 'queryFn'> | null;
  readonly size?: number;
  readonly children: (entity: T | null) => ReactNode;
}

/** Reads the entity that a drawer shows; until it is there (or when it is not) the drawer says so. */
export function DrawerQuery<T>({ title, query, size, children }: Props<T>) {
  const { data, error } = useQuery<T, Error, T, string[]>({
    queryKey: query?.queryKey ?? ['nothing'],
    ...(query?.queryFn === undefined ? {} : { queryFn: query.queryFn }),
    enabled: query !== null,
    // A form starts from what is stored now, not from what was read when the drawer was open last.
    gcTime: 0,
  });
  if (query === null) return children(null);
  if (data !== undefined) return children(data);
  return (
    <EntityDrawer title={title} {...(size === undefined ? {} : { size })}>
      <Failure error={error} />
      {error === null ? (
        <div role="status" aria-label="Loading" style={{ display: 'grid', gap: 20 }}>
          {[40, 90, 65, 80].map((width) => (
            <Skeleton key={width} height={14} width={`${width}%`} />
          ))}
        </div>
      ) : null}
    </EntityDrawer>
  );
}
