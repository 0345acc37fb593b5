import type { Rate, RateTable, RateTableWritten } from '../../../controlplane/contract/index.ts';
import { send } from './http.ts';
import { pagedQuery, waitQuery, type Page } from './resource.ts';
import { trackWrite, type Applied } from './writes.ts';

const path = 'rate-tables';
const at = (table: string): string => `${path}/${encodeURIComponent(table)}`;

export const rateTablesQuery = pagedQuery<Page<RateTable>>([path, 'list'], path);

/** Rates of one table, all or of one prefix. */
export const ratesQuery = (table: string, prefix: string) => pagedQuery<Page<Rate>>([path, 'rates', table, prefix], at(table), { prefix });

const upload = (table: string, file: Blob, query: Readonly<Record<string, string | number>>): Promise<RateTableWritten> =>
  send<RateTableWritten>('PUT', at(table), { bytes: file, mediaType: 'text/csv', query });

/** What the list would change; nothing is stored. */
export const checkRates = (table: string, file: Blob): Promise<RateTableWritten> => upload(table, file, { dryRun: '1' });

/** The list becomes the table. */
export const replaceRates = (table: string, file: Blob): Promise<RateTableWritten> => trackWrite(() => upload(table, file, waitQuery));

export const removeRates = (table: string): Promise<Applied> => trackWrite(() => send<Applied>('DELETE', at(table), { query: waitQuery }));
