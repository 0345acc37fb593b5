/** Who may open a node's socket: reads the request's credentials, asks the directory, and slows down guessing. */
import type { IncomingMessage } from 'node:http';
import { limits } from '../../dataplane/contract/limits.ts';
import type { ClusterKey } from '../../dataplane/contract/wire.ts';
import type { NodeDirectory, NodeIdentity } from './ports.ts';

export type Admission =
  | { readonly identity: NodeIdentity; readonly token: string; readonly joined: boolean; readonly keys: readonly ClusterKey[] }
  | { readonly status: 401 | 429 | 503 };

/** Refusals that one address may collect in a minute, and addresses that are counted at once. */
const refusalsPerMinute = 30;
const capacity = 10_000;
const minuteMs = 60_000;

export class Doorman {
  private readonly directory: NodeDirectory;
  private readonly now: () => number;
  private readonly warn: (text: string) => void;
  private readonly refusals = new Map<string, { count: number; readonly untilMs: number }>();

  /** @param now milliseconds of any monotonic clock. */
  constructor(directory: NodeDirectory, now: () => number, warn: (text: string) => void) {
    this.directory = directory;
    this.now = now;
    this.warn = warn;
  }

  /** `address`: who is counted when it is refused. Never rejects: a directory that cannot answer means 503. */
  async admit(request: IncomingMessage, address: string): Promise<Admission> {
    if (this.blocked(address)) return { status: 429 };
    try {
      // Keys first: a join token must not be spent for a node that then gets an error.
      const keys = await this.directory.clusterKeys();
      const known = await this.identify(request);
      if (known !== null) return { ...known, keys };
    } catch (error) {
      this.warn(`a node could not be admitted: ${error instanceof Error ? error.message : String(error)}`);
      return { status: 503 };
    }
    this.count(address);
    return { status: 401 };
  }

  private async identify(request: IncomingMessage): Promise<{ identity: NodeIdentity; token: string; joined: boolean } | null> {
    const [scheme = '', token = ''] = (request.headers.authorization ?? '').split(' ');
    if (token === '' || token.length > 256) return null;
    if (scheme.toLowerCase() === 'bearer') {
      const identity = await this.directory.authenticate(token);
      return identity === null ? null : { identity, token, joined: false };
    }
    const name = nodeName(request.headers['x-signalbox-node']);
    if (scheme.toLowerCase() !== 'join' || name === null) return null;
    const joined = await this.directory.join(token, name);
    return joined === null ? null : { identity: joined.node, token: joined.nodeToken, joined: true };
  }

  private blocked(address: string): boolean {
    const entry = this.refusals.get(address);
    if (entry === undefined) return false;
    if (entry.untilMs > this.now()) return entry.count >= refusalsPerMinute;
    this.refusals.delete(address);
    return false;
  }

  private count(address: string): void {
    const entry = this.refusals.get(address);
    if (entry !== undefined) {
      entry.count++;
      return;
    }
    if (this.refusals.size >= capacity) {
      const [oldest] = this.refusals.keys();
      if (oldest !== undefined) this.refusals.delete(oldest);
    }
    this.refusals.set(address, { count: 1, untilMs: this.now() + minuteMs });
  }
}

/** The name that a joining node asks for, percent-encoded UTF-8 without control characters. */
function nodeName(header: string | string[] | undefined): string | null {
  if (typeof header !== 'string' || header.length > 3 * limits.nameLength) return null;
  try {
    const name = decodeURIComponent(header).trim();
    return name !== '' && name.length <= limits.nameLength && !/\p{Cc}/u.test(name) ? name : null;
  } catch {
    return null;
  }
}
