import { infiniteQueryOptions } from '@tanstack/react-query';
import type { Rate, RateTable, RateTableWritten } from '../../../controlplane/contract/index.ts';
import { send } from './http.ts';
import { pageSize, type Page } from './resource.ts';
import { trackWrite, type Applied } from './writes.ts';

const path = 'rate-tables';
const waitQuery = { wait: 'applied', timeoutMs: 2500 } as const;

export const rateTablesQuery = infiniteQueryOptions({
  queryKey: [path, 'list'],
  queryFn: ({ pageParam, signal }) => send<Page<RateTable>>('GET', path, { query: { limit: pageSize, cursor: pageParam }, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next ?? undefined,
});

/** Rates of one table, all or of one prefix. */
export const ratesQuery = (table: string, prefix: string) =>
  infiniteQueryOptions({
    queryKey: [path, 'rates', table, prefix],
    queryFn: ({ pageParam, signal }) => send<Page<Rate>>('GET', `${path}/${encodeURIComponent(table)}`, { query: { limit: pageSize, cursor: pageParam, prefix }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

const upload = (table: string, file: Blob, query: Readonly<Record<string, string | number>>): Promise<RateTableWritten> =>
  send<RateTableWritten>('PUT', `${path}/${encodeURIComponent(table)}`, { bytes: file, mediaType: 'text/csv', query });

/** What the list would change; nothing is stored. */
export const checkRates = (table: string, file: Blob): Promise<RateTableWritten> => upload(table, file, { dryRun: '1' });

/** The list becomes the table. */
export const replaceRates = (table: string, file: Blob): Promise<RateTableWritten> => trackWrite(() => upload(table, file, waitQuery));

export const removeRates = (table: string): Promise<Applied> => trackWrite(() => send<Applied>('DELETE', `${path}/${encodeURIComponent(table)}`, { query: waitQuery }));
