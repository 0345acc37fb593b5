/** What a step of the request pipeline says about the request. */
export interface Reply {
  readonly status: number;
  readonly reason: string;
  /** Whole header lines with CRLF, or ''. */
  readonly headers: string;
}

/**
 * `continue` to the next step; `relay` now, the target is known; `drop` in silence; `done`, the step has
 * answered; or a reply of this node.
 */
export type Verdict = 'continue' | 'relay' | 'drop' | 'done' | Reply;

export const reply = (status: number, reason: string, headers = ''): Reply => ({ status, reason, headers });

/** Seconds that a caller is asked to wait when no destination is usable. */
export const retryAfterSeconds = 10;

export const serviceUnavailable = reply(503, 'Service Unavailable', `Retry-After: ${retryAfterSeconds}\r\n`);
