/** What a step of the request pipeline says about the request. */
export interface Reply {
  readonly status: number;
  readonly reason: string;
  /** Whole header lines with CRLF, or ''. */
  readonly headers: string;
}

/**
 * `continue` to the next step; `relay` now, the target is known; `drop` in silence; or a reply of this node.
 */
export type Verdict = 'continue' | 'relay' | 'drop' | Reply;

export const reply = (status: number, reason: string, headers = ''): Reply => ({ status, reason, headers });

/** Seconds that a caller is asked to wait when no destination is usable. */
export const retryAfterSeconds = 10;

/** New dialogs are not taken any more: this node is being drained or stopped. */
export const draining = reply(503, 'Draining', 'Retry-After: 60\r\n');
export const overLimit = reply(503, 'Limit Reached', 'Retry-After: 1\r\n');
export const uriTooLong = reply(414, 'Request-URI Too Long');

export const serviceUnavailable = reply(503, 'Service Unavailable', `Retry-After: ${retryAfterSeconds}\r\n`);
