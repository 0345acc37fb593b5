/**
 * What a console URL may carry behind the question mark: one schema for all pages, so that a filter or
 * an open drawer is always a link that can be shared. Unknown names are dropped.
 */
export interface ConsoleSearch {
  /** Free text of a list's filter. */
  readonly q?: string | undefined;
  readonly tenant?: string | undefined;
  readonly state?: string | undefined;
  readonly routeSet?: string | undefined;
  /** Key of the entity shown in the drawer. */
  readonly open?: string | undefined;
  /** A drawer with an empty form; on a page with several, which one. */
  readonly create?: string | undefined;
  /** Second level: a destination inside its set's drawer. */
  readonly destination?: string | undefined;
  /** Set-up link. */
  readonly token?: string | undefined;
  /** Where to go after signing in. */
  readonly next?: string | undefined;
  /** What the overview's charts cover. */
  readonly span?: '10m' | '1h' | undefined;
  /** Explain's form. */
  readonly method?: string | undefined;
  readonly uri?: string | undefined;
  readonly source?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** When the request comes, epoch milliseconds. */
  readonly at?: string | undefined;
  readonly node?: string | undefined;
  /** One `Name: value` a line. */
  readonly headers?: string | undefined;
  readonly callId?: string | undefined;
  readonly authUser?: string | undefined;
}

const names = [
  'q', 'tenant', 'state', 'routeSet', 'open', 'create', 'destination', 'token', 'next', 'method', 'uri', 'source', 'from', 'to', 'at', 'node', 'headers', 'callId', 'authUser',
] as const satisfies readonly (keyof ConsoleSearch)[];

/** Keeps the known names that carry a non-empty text. */
export function validateSearch(raw: Readonly<Record<string, unknown>>): ConsoleSearch {
  const search: Record<string, string> = {};
  for (const name of names) {
    const value = raw[name];
    if (typeof value === 'string' && value !== '') search[name] = value;
  }
  if (raw['span'] === '10m' || raw['span'] === '1h') return { ...search, span: raw['span'] };
  return search;
}

/** Plain `name=value` pairs; every value stays a text. */
export const parseSearch = (text: string): Record<string, string> => Object.fromEntries(new URLSearchParams(text));

/** The inverse of `parseSearch`; empty and absent values leave no trace. */
export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === 'string' && value !== '') params.set(name, value);
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
