import { createHmac } from 'node:crypto';
import { sipKey } from './siphash.ts';
import type { SipKey } from './siphash.ts';

/** One secret of the installation. */
export interface TokenKey {
  /** 0 to 255; written into flow tokens. */
  readonly id: number;
  /** At least 16 bytes. */
  readonly key: Uint8Array;
}

/** Of one purpose of siv.ts. */
export interface SivKeys {
  /** 16 bytes. */
  readonly seal: Uint8Array;
  readonly check: Uint8Array;
}

/** The keys derived from one secret, one a purpose, so that a value of one purpose never passes for another's. */
export interface DerivedKeys {
  readonly id: number;
  readonly branch: SipKey;
  readonly dialog: SipKey;
  /** Start value of the loop mark in our branches, which is no secret: it only keeps installations apart. */
  readonly loopSeed: number;
  readonly flow: SivKeys;
  readonly text: SivKeys;
}

/** The secrets in force: the first signs, all of them verify, so that a key can be changed without breaking calls. */
export class KeyRing {
  readonly keys: readonly DerivedKeys[];
  readonly signing: DerivedKeys;

  /** Throws RangeError for an empty list, a key below 16 bytes, an id outside 0-255 or used twice. */
  constructor(keys: readonly TokenKey[]) {
    const ids = new Set<number>();
    this.keys = keys.map(({ id, key }) => {
      if (key.length < 16) throw new RangeError(`token key ${id} has fewer than 16 bytes`);
      if (!Number.isInteger(id) || id < 0 || id > 255 || ids.has(id)) throw new RangeError(`token key id ${id} is no free number from 0 to 255`);
      ids.add(id);
      return {
        id,
        branch: sipKey(derive(key, 'branch')),
        dialog: sipKey(derive(key, 'record-route')),
        loopSeed: sipKey(derive(key, 'loop')).k0,
        flow: { seal: derive(key, 'flow seal').subarray(0, 16), check: derive(key, 'flow check') },
        text: { seal: derive(key, 'text seal').subarray(0, 16), check: derive(key, 'text check') },
      };
    });
    const [first] = this.keys;
    if (first === undefined) throw new RangeError('a key ring needs a key');
    this.signing = first;
  }
}

/** The ring with the key `id` signing, for what must look as it did when a dialog began; the ring itself when that key is not in force. */
export function signedBy(ring: KeyRing, id: number): KeyRing {
  if (ring.signing.id === id) return ring;
  const signing = ring.keys.find((key) => key.id === id);
  return signing === undefined ? ring : { keys: ring.keys, signing };
}

function derive(key: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(createHmac('sha256', key).update(`signalbox ${purpose}`).digest());
}
