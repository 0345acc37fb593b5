/**
 * Secrets of the configuration (private keys of certificates) as they are stored and sent: sealed with AES-256-GCM under a
 * key that is derived from a cluster key, which only control planes and joined nodes have. Text form: `keyId.base64url(nonce | tag | ciphertext)`.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';
import type { ClusterKey } from './wire.ts';

const label = 'signalbox certificate';
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Seals `plain` for the holders of the first of `keys`, which is the one that signs; `name` is bound to it: another row cannot carry it.
 * The same input gives the same text, so that saving a row again changes nothing. Throws a RangeError without keys (a bug).
 */
export function sealSecret(keys: readonly ClusterKey[], name: string, plain: string): string {
  const [signing] = keys;
  if (signing === undefined) throw new RangeError('no cluster key to seal with');
  const { cipher, nonces } = derive(signing);
  // The nonce is a keyed hash of all that is sealed: it repeats only when the whole message does.
  const nonce = createHmac('sha256', nonces).update(`${name}\0${plain}`).digest().subarray(0, nonceBytes);
  const sealing = createCipheriv('aes-256-gcm', cipher, nonce).setAAD(Buffer.from(name));
  const body = Buffer.concat([sealing.update(plain, 'utf8'), sealing.final()]);
  return `${signing.id}.${Buffer.concat([nonce, sealing.getAuthTag(), body]).toString('base64url')}`;
}

/** The secret, or why it cannot be had. Keys that were replaced open what they sealed for as long as they are in `keys`. */
export function openSecret(keys: readonly ClusterKey[], name: string, sealed: string): Result<string, string> {
  const dot = sealed.indexOf('.');
  const id = Number(sealed.slice(0, dot));
  const key = dot > 0 ? keys.find((one) => one.id === id) : undefined;
  if (dot <= 0) return err('is not a sealed secret');
  if (key === undefined) return err(`is sealed with cluster key ${sealed.slice(0, dot)}, which is not here`);
  const bytes = Buffer.from(sealed.slice(dot + 1), 'base64url');
  if (bytes.length < nonceBytes + tagBytes) return err('is cut short');
  const opening = createDecipheriv('aes-256-gcm', derive(key).cipher, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
    .setAAD(Buffer.from(name)).setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  try {
    return ok(opening.update(bytes.subarray(nonceBytes + tagBytes), undefined, 'utf8') + opening.final('utf8'));
  } catch {
    return err('does not open: it was changed, belongs to another row, or was sealed with another key of the same number');
  }
}

/** Id of the cluster key that sealed a text of `sealSecret`; NaN for any other text. */
export const sealingKeyId = (sealed: string): number => (/^\d+\./.test(sealed) ? Number.parseInt(sealed, 10) : Number.NaN);

function derive(key: ClusterKey): { readonly cipher: Buffer; readonly nonces: Buffer } {
  const bytes = Buffer.from(hkdfSync('sha256', Buffer.from(key.key, 'base64url'), Buffer.alloc(0), label, 64));
  return { cipher: bytes.subarray(0, 32), nonces: bytes.subarray(32) };
}
