/** The REST API as a test or a bench calls it. */

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or the text when it is not JSON. */
  readonly body: unknown;
}

/** An error that shows what was asked and what came back. */
export class ApiFault extends Error {
  readonly answer: ApiAnswer;
  constructor(method: string, path: string, answer: ApiAnswer) {
    super(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    this.answer = answer;
  }
}

export class Api {
  readonly base: string;
  readonly token: string;

  /** @param base `http://127.0.0.1:8080` */
  constructor(base: string, token: string) {
    this.base = base;
    this.token = token;
  }

  /** One request; any status is an answer. */
  async ask(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<ApiAnswer> {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const init: RequestInit = {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...(body === undefined || raw ? {} : { 'content-type': 'application/json' }), ...headers },
      signal: AbortSignal.timeout(30_000),
    };
    if (body !== undefined) init.body = raw ? (body as string) : JSON.stringify(body);
    const response = await fetch(`${this.base}/api/v1${path}`, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: /json/.test(response.headers.get('content-type') ?? '') && text !== '' ? JSON.parse(text) : text };
  }

  async #expect<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 300) throw new ApiFault(method, path, answer);
    return answer.body as T;
  }

  get = <T = Record<string, unknown>>(path: string): Promise<T> => this.#expect<T>('GET', path);
  put = <T = Written>(path: string, body: unknown): Promise<T> => this.#expect<T>('PUT', path, body);
  post = <T = Written>(path: string, body?: unknown): Promise<T> => this.#expect<T>('POST', path, body);
  patch = <T = Written>(path: string, body: unknown): Promise<T> => this.#expect<T>('PATCH', path, body);
  delete = <T = Written>(path: string): Promise<T> => this.#expect<T>('DELETE', path);
}

/** What every write answers with, beside the entity. */
export interface Written {
  readonly rev: number;
  readonly applied?: readonly { readonly node: string; readonly ms: number }[];
  readonly missing?: readonly string[];
}
