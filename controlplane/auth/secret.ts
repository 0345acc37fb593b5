/**
 * Bearer secrets: made once, shown once, kept only as a SHA-256. A secret carries 256 random bits, so a
 * plain hash is enough: there is nothing to guess. The prefix says what leaked when one turns up in a log.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export const secretKinds = {
  session: 'sbs_', setup: 'sbu_', apiToken: 'sbx_', joinToken: 'sbj_', nodeToken: 'sbn_',
} as const;
export type SecretKind = keyof typeof secretKinds;

/** Source of randomness, passed in so that tests can repeat themselves. */
export type RandomBytes = (size: number) => Uint8Array;

const secretBytes = 32;
/** Prefix and 32 bytes of base64url. */
const secretLength = 4 + 43;
/** Longest bearer value that is looked at; SIGNALBOX_ADMIN_TOKEN may be longer than our own. */
export const maxBearerLength = 512;

/** An owner token of the environment with fewer characters can be guessed: people choose it. */
export const guessableBelow = 16;

/** A fresh secret of `kind`, for example `sbj_8yq...` (47 characters). */
export function createSecret(kind: SecretKind, random: RandomBytes): string {
  return secretKinds[kind] + Buffer.from(random(secretBytes)).toString('base64url');
}

/** True when `value` has the form of a secret of `kind`; says nothing about its being known. */
export function looksLike(kind: SecretKind, value: string): boolean {
  return value.length === secretLength && value.startsWith(secretKinds[kind]) && /^[A-Za-z0-9_-]+$/.test(value);
}

/** SHA-256 of a secret in hex: what the database holds. */
export function hashSecret(value: string): string {
  return createHash('sha256').update(value, 'utf8').digest('hex');
}

/** Compares two secrets of any length without telling by the time taken where they differ. */
export function secretsEqual(a: string, b: string): boolean {
  const left = createHash('sha256').update(a, 'utf8').digest();
  const right = createHash('sha256').update(b, 'utf8').digest();
  return timingSafeEqual(left, right);
}
