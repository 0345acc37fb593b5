/**
 * The system's hosts file: what an operator wrote there goes before DNS, as everywhere on the machine. Read by us, as the
 * system's own look-up waits in a thread that disk and cryptography need too. Read again when it is asked after 10 s.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { familyOf } from '../contract/address.ts';
import type { Clock } from '../runtime/clock.ts';
import { normalizeAddress } from '../transport/addresses.ts';
import type { AddressRecord } from './records.ts';

const againMs = 10_000;
/** What lies behind so many characters is not read: such files block advertisements, they name no SIP servers. */
const maxLength = 256 * 1024;
const none: readonly AddressRecord[] = [];

export class HostsFile {
  readonly #clock: Clock;
  readonly #path: string;
  #names: ReadonlyMap<string, readonly AddressRecord[]>;
  #readAt: number;

  /** A file that is not there is an empty one. */
  constructor(clock: Clock, path = '/etc/hosts') {
    this.#clock = clock;
    this.#path = path;
    this.#readAt = clock.now();
    this.#names = parseHosts(readNow(path));
  }

  /** Addresses of a host name in lower case; nothing when the file does not have it. */
  addresses(name: string): readonly AddressRecord[] {
    if (this.#clock.now() - this.#readAt >= againMs) {
      this.#readAt = this.#clock.now();
      readFile(this.#path, 'utf8').then((text) => { this.#names = parseHosts(text); }, () => { this.#names = new Map(); });
    }
    return this.#names.get(name) ?? none;
  }
}

function readNow(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // No hosts file: only DNS names hosts.
    return '';
  }
}

/** `address name name...` a line, `#` begins a remark. Lines without an address are left out. */
export function parseHosts(text: string): ReadonlyMap<string, readonly AddressRecord[]> {
  const names = new Map<string, AddressRecord[]>();
  for (const line of text.slice(0, maxLength).split('\n')) {
    const [address = '', ...hosts] = (line.split('#', 1)[0] ?? '').trim().split(/\s+/);
    const plain = normalizeAddress(address);
    const family = familyOf(plain);
    if (family === 0) continue;
    for (const host of hosts) {
      const known = names.get(host.toLowerCase());
      if (known === undefined) names.set(host.toLowerCase(), [{ family, address: plain }]);
      else if (!known.some((one) => one.address === plain)) known.push({ family, address: plain });
    }
  }
  return names;
}
