/** Which final response the caller gets when no branch succeeded (RFC 3261 §16.7 steps 6 and 7). PURE. */
import type { SipMessage } from '../sip/message.ts';

/** What the branches of one request have come to so far. Made with the first failure. */
export class BestResponse {
  /** The best response that came; null = none did. */
  response: SipMessage | null = null;
  /** 408 when a branch stayed silent, else 503 when one could not be sent, else 0 (RFC 3261 §16.8, §16.9). */
  local = 0;
  /** Challenges of further 401 and 407 responses, as whole header lines: all of them go up with the one that is chosen. */
  challenges = '';
  /** The search ended for want of destinations. */
  exhausted = false;

  /** Takes the final response of a branch in. */
  add(response: SipMessage): void {
    const before = this.response;
    const better = before === null || rankOf(response.status) < rankOf(before.status);
    const other = better ? before : response;
    if (other !== null && isChallenge(other.status)) this.challenges += challengesOf(other);
    if (better) this.response = response;
  }

  /** Takes in that a branch ended without a response. */
  addLocal(status: 408 | 503): void {
    if (this.local !== 408) this.local = status;
  }

  /** Header lines to add to the chosen response. */
  get extraLines(): string {
    return this.response !== null && isChallenge(this.response.status) ? this.challenges : '';
  }

  /** Whether our own 408 or 503 is better than whatever came. */
  get localIsBetter(): boolean {
    return this.local !== 0 && (this.response === null || rankOf(this.local) < rankOf(this.response.status));
  }
}

const isChallenge = (status: number): boolean => status === 401 || status === 407;

const amendable = new Set([401, 407, 415, 420, 484]);

/**
 * 6xx first, else the lowest class; within 4xx those that let the caller amend the request (401, 407, 415, 420, 484) go
 * first; a 503 loses against anything of its class. Among equals the one that came first stays.
 */
function rankOf(status: number): number {
  if (status >= 600) return 0;
  const withinClass = amendable.has(status) ? 0 : status === 503 || status === 408 ? 2 : 1;
  return Math.floor(status / 100) * 10 + withinClass;
}

function challengesOf(response: SipMessage): string {
  const { raw } = response;
  let lines = '';
  for (const name of ['www-authenticate', 'proxy-authenticate']) {
    for (const line of response.headers(name)) lines += raw.slice(line.lineStart, line.lineEnd);
  }
  return lines;
}
