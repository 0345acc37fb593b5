/**
 * Password hashing with Argon2id (RFC 9106), the memory-hard hash that Node itself brings. The stored text
 * is the PHC string format, so the cost can be raised later without breaking what is already stored.
 */
import { argon2, timingSafeEqual } from 'node:crypto';
import type { RandomBytes } from './secret.ts';

export interface PasswordCost {
  /** Memory in KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** OWASP's second recommendation: 19 MiB, two passes; about 40 ms on the machines we run on. */
export const defaultCost: PasswordCost = { memory: 19_456, passes: 2, parallelism: 1 };

const saltBytes = 16;
const tagBytes = 32;
const phc = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{1,88})\$([A-Za-z0-9+/]{1,88})$/;

export interface PasswordHasher {
  /** PHC string of a new hash. Throws when the queue is full (see `maxWaiting`). */
  hash(password: string): Promise<string>;
  /** True when `password` belongs to `stored`; a null or unreadable `stored` costs the same time and is false. */
  verify(password: string, stored: string | null): Promise<boolean>;
}

/** More people than that at once are not signing in: they are attacking. */
const maxWaiting = 32;

export class PasswordQueueFull extends Error {
  constructor() { super('Too many sign-ins at once'); }
}

/**
 * A hasher that runs at most two hashes at a time, so that sign-ins can take neither all memory
 * (2 × cost.memory) nor all threads of the pool.
 */
export function createPasswordHasher(deps: { readonly random: RandomBytes; readonly cost?: PasswordCost }): PasswordHasher {
  const cost = deps.cost ?? defaultCost;
  let running = 0;
  const waiting: (() => void)[] = [];

  async function slot<T>(work: () => Promise<T>): Promise<T> {
    if (running >= 2) {
      if (waiting.length >= maxWaiting) throw new PasswordQueueFull();
      // Whoever ends hands its place to the one who waits longest, so `running` stays as it is.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  }

  return {
    hash: (password) => slot(async () => {
      const salt = Buffer.from(deps.random(saltBytes));
      const tag = await derive(password, salt, tagBytes, cost);
      return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
    }),
    verify: (password, stored) => slot(async () => {
      const parsed = stored === null ? null : parsePhc(stored);
      if (parsed === null) {
        // An unknown account must cost what a known one costs, or the answer's delay names the accounts.
        await derive(password, Buffer.alloc(saltBytes), tagBytes, cost);
        return false;
      }
      const tag = await derive(password, parsed.salt, parsed.tag.length, parsed.cost);
      return timingSafeEqual(tag, parsed.tag);
    }),
  };
}

function derive(password: string, salt: Buffer, tagLength: number, cost: PasswordCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2('argon2id', {
      message: password.normalize('NFKC'), nonce: salt, tagLength,
      memory: cost.memory, passes: cost.passes, parallelism: cost.parallelism,
    }, (error, tag) => (error === null ? resolve(tag) : reject(error)));
  });
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}

function parsePhc(text: string): { cost: PasswordCost; salt: Buffer; tag: Buffer } | null {
  const match = phc.exec(text);
  if (match === null) return null;
  const [, memory = '', passes = '', parallelism = '', salt = '', tag = ''] = match;
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  // Stored rows are ours, but a restored or edited database must not make us allocate a gigabyte.
  if (cost.memory > 262_144 || cost.passes > 16 || cost.parallelism < 1 || cost.memory < 8 * cost.parallelism) return null;
  const parsed = { cost, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') };
  return parsed.salt.length >= 8 && parsed.tag.length >= 4 ? parsed : null;
}
