import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { send } from './http.ts';
import { ApiProblem } from './problem.ts';
import { trackWrite, type Applied } from './writes.ts';

/** An existing key answers 412; said in the words of a form. */
function taken(key: string, error: unknown): never {
  if (!(error instanceof ApiProblem) || error.status !== 412) throw error;
  throw new ApiProblem({
    status: 412,
    code: 'taken',
    title: 'There is one already',
    detail: `${key} exists. Open it from the list to change it.`,
    requestId: error.requestId,
    errors: [{ pointer: '', code: 'taken', message: 'this key is taken' }],
  });
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export type Filters = Readonly<Record<string, string | undefined>>;

/** Rows a list asks for at a time. */
const pageSize = 50;

/** The pages of a list, each asked for with the cursor of the one before. */
export const pagedQuery = <P extends Page<unknown>>(queryKey: readonly unknown[], path: string, query: Readonly<Record<string, string | undefined>> = {}) =>
  infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) => send<P>('GET', path, { query: { ...query, limit: pageSize, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** How long a save waits for the nodes before its mark goes on growing by node events. */
export const waitQuery = { wait: 'applied', timeoutMs: 2500 } as const;

/**
 * Queries and writes of one configured resource under `/api/v1/<path>`. Writes wait until the nodes run
 * the revision and feed the revision mark; reads are cached until the live stream says otherwise.
 */
export function resource<Item, ListItem, Body, Written extends Applied>(path: string) {
  const at = (key: string | number): string => `${path}/${encodeURIComponent(String(key))}`;
  return {
    path,
    list: (filters: Filters) => pagedQuery<Page<ListItem>>([path, 'list', filters], path, filters),
    /** The first `limit` items, for pickers. */
    choices: (q: string, filters: Filters = {}, limit = 30) =>
      queryOptions({
        queryKey: [path, 'choices', q, filters, limit],
        queryFn: ({ signal }) => send<Page<ListItem>>('GET', path, { query: { ...filters, q, limit }, signal }),
      }),
    one: (key: string | number) =>
      queryOptions({
        queryKey: [path, 'one', String(key)],
        queryFn: ({ signal }) => send<Item>('GET', at(key), { signal }),
      }),
    /**
     * Changes the fields in `body` and leaves the rest as it is, whatever fields this console has never heard of;
     * `version` is the one that the edit is based on. Lists are replaced whole.
     */
    edit: (key: string | number, body: Body, version: number) =>
      trackWrite(() => send<Written>('PATCH', at(key), { body, version, query: waitQuery })),
    /** Puts something else in its place, all of it; for what has no single fields. */
    replace: (key: string | number, body: Body, version: number) =>
      trackWrite(() => send<Written>('PUT', at(key), { body, version, query: waitQuery })),
    /** Creates under a key that the operator chose; refuses to overwrite. */
    add: (key: string, body: Body) =>
      trackWrite(() => send<Written>('PUT', at(key), { body, isNew: true, query: waitQuery }).catch((error: unknown) => taken(key, error))),
    /** Creates under the number in the body or the next free one. */
    create: (body: Body) => trackWrite(() => send<Written>('POST', path, { body, query: waitQuery })),
    patch: (key: string | number, body: unknown) =>
      trackWrite(() => send<Written>('PATCH', at(key), { body, query: waitQuery })),
    remove: (key: string | number) => trackWrite(() => send<Applied>('DELETE', at(key), { query: waitQuery })),
  };
}
