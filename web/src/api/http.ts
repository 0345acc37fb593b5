import type { Problem } from '../../../controlplane/contract/index.ts';
import { ApiProblem } from './problem.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** Sent as it is instead of `body`. */
  readonly bytes?: Blob;
  /** What `bytes` are; octets when left out. */
  readonly mediaType?: string;
  /** Version that an edit is based on; a newer one on the server answers 412. */
  readonly version?: number | undefined;
  /** Only when nothing is there yet; otherwise 412. */
  readonly isNew?: boolean;
  readonly signal?: AbortSignal;
}

let onSignedOut: () => void = () => undefined;

/** Sets what happens when a request finds that the session has ended. */
export function whenSignedOut(then: () => void): void {
  onSignedOut = then;
}

/** The address of an API request with its query string. */
export function apiUrl(path: string, query: RequestOptions['query'] = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') params.set(name, String(value));
  }
  const text = params.toString();
  return `/api/v1/${path}${text === '' ? '' : `?${text}`}`;
}

async function readProblem(response: Response): Promise<ApiProblem> {
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const problem = isJson ? ((await response.json()) as Partial<Problem>) : {};
  return new ApiProblem({ ...problem, status: response.status });
}

/** One API request. Throws `ApiProblem` for refusals and when the control plane cannot be reached. */
export async function send<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (method !== 'GET') headers['x-signalbox-csrf'] = '1';
  if (options.body !== undefined) headers['content-type'] = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  if (options.version !== undefined) headers['if-match'] = `"${options.version}"`;
  if (options.isNew === true) headers['if-none-match'] = '*';
  const init: RequestInit = { method, headers, credentials: 'same-origin' };
  if (options.bytes !== undefined) {
    headers['content-type'] = options.mediaType ?? 'application/octet-stream';
    init.body = options.bytes;
  } else if (options.body !== undefined) init.body = JSON.stringify(options.body);
  if (options.signal !== undefined) init.signal = options.signal;

  let response: Response;
  try {
    response = await fetch(apiUrl(path, options.query), init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiProblem({ status: 0, code: 'unreachable', title: 'The control plane cannot be reached', detail: 'The control plane cannot be reached. Nothing was saved; the nodes keep routing on their last revision.' });
  }
  if (response.status === 401 && path !== 'session') onSignedOut();
  if (!response.ok) throw await readProblem(response);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}
