import { Skeleton } from '@mantine/core';
import { useQuery, type UseQueryOptions } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { EntityDrawer, useDrawer } from './EntityDrawer.tsx';
import { Failure } from './Form.tsx';

// The key's exact tuple is of no interest here.
type OneQuery<T> = Pick<UseQueryOptions<T, Error, T, string[]>, 'queryKey' | 'queryFn'>;

interface Props<T> {
  readonly title: string;
  readonly query: OneQuery<T>;
  readonly size?: number | undefined;
  readonly children: (entity: T) => ReactNode;
}

/** Reads the entity that a drawer shows; until it is there (or when it is not) the drawer says so. */
export function DrawerQuery<T>({ title, query, size, children }: Props<T>) {
  const { data, error } = useQuery<T, Error, T, string[]>({
    ...query,
    // A form starts from what is stored now, not from what was read when the drawer was open last.
    gcTime: 0,
  });
  if (data !== undefined) return children(data);
  return (
    <EntityDrawer title={title} size={size}>
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

interface OpenedProps<T> {
  readonly of: { readonly one: (key: string) => OneQuery<T> };
  /** Title while the entity is read; its key when left out. */
  readonly title?: (key: string) => string;
  readonly size?: number;
  readonly children: (entity: T | null) => ReactNode;
}

/** The drawer that the URL asks for beside a list, if any: of one entity, or of a new one. */
export function OpenedEntity<T>({ of, title = (key) => key, size, children }: OpenedProps<T>) {
  const { open, creating } = useDrawer();
  if (open !== undefined) {
    return (
      <DrawerQuery key={open} title={title(open)} size={size} query={of.one(open)}>
        {children}
      </DrawerQuery>
    );
  }
  return creating ? children(null) : null;
}
