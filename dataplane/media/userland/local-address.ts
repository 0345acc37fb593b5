/** Which of our addresses the system sends from towards somebody, for sockets that are bound to all of them. */
import { createSocket } from 'node:dgram';
import { isWildcard } from '../../contract/address.ts';
import { ofFamily, type ByFamily, type Endpoint, type Family } from '../relay.ts';

/** Routes change rarely; the peers of calls are many. */
const keptMs = 60_000;
const maxKept = 4_096;

export class LocalAddresses {
  readonly #bind: ByFamily;
  readonly #kept = new Map<string, { readonly address: string; readonly untilMs: number }>();

  /** @param bind as in RelaySettings */
  constructor(bind: ByFamily) {
    this.#bind = bind;
  }

  /** @returns '' = there is no way to it */
  towards(remote: Endpoint, family: Family, nowMs: number): string {
    const bound = ofFamily(this.#bind, family);
    if (!isWildcard(bound)) return bound;
    const kept = this.#kept.get(remote.address);
    if (kept !== undefined && kept.untilMs > nowMs) return kept.address;
    const address = route(remote, family);
    if (this.#kept.size >= maxKept) this.#kept.clear();
    this.#kept.set(remote.address, { address, untilMs: nowMs + keptMs });
    return address;
  }
}

/** Connecting sends nothing; it makes the system choose. */
function route(remote: Endpoint, family: Family): string {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  try {
    socket.connectSync(remote.port, remote.address);
    return socket.address().address;
  } catch {
    // No route: such a stream stays in userland, where each send fails and is counted.
    return '';
  } finally {
    socket.close();
  }
}
