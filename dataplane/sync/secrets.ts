/**
 * What a node must keep to itself, in 0600 files of its data folder: the node token, and the cluster keys sealed with a key
 * that is derived from the token (a copy of the keys' file alone is worth nothing).
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import type { ClusterKey } from '../contract/wire.ts';
import { parseObject } from './snapshot-file.ts';

const tokenFile = 'node.token';
const keysFile = 'cluster.keys';
const algorithm = 'aes-256-gcm';

export interface NodeCredential {
  readonly id: string;
  readonly name: string;
  readonly token: string;
}

/** The kept credential; null when there is none or the file is damaged (the node then joins again). */
export async function readCredential(folder: string): Promise<NodeCredential | null> {
  const kept = await readObject(path.join(folder, tokenFile));
  if (kept === null) return null;
  const { id, name, token } = kept;
  return typeof id === 'string' && typeof name === 'string' && typeof token === 'string' && token !== '' ? { id, name, token } : null;
}

/** Rejects when the folder cannot be written: a one-time join token would be lost in silence otherwise. */
export async function writeCredential(folder: string, credential: NodeCredential): Promise<void> {
  await writeWhole(folder, tokenFile, JSON.stringify(credential));
}

/** The kept cluster keys, the one that signs first; empty when there are none, or when they were sealed with another token. */
export async function readClusterKeys(folder: string, token: string): Promise<readonly ClusterKey[]> {
  const sealed = await readObject(path.join(folder, keysFile));
  if (sealed === null) return [];
  const { salt, iv, tag, data } = sealed;
  if (typeof salt !== 'string' || typeof iv !== 'string' || typeof tag !== 'string' || typeof data !== 'string') return [];
  try {
    const decipher = createDecipheriv(algorithm, sealingKey(token, Buffer.from(salt, 'base64url')), Buffer.from(iv, 'base64url'), { authTagLength: 16 });
    decipher.setAuthTag(Buffer.from(tag, 'base64url'));
    const text = Buffer.concat([decipher.update(Buffer.from(data, 'base64url')), decipher.final()]).toString('utf8');
    const keys: unknown = parseObject(text)?.['keys'];
    return Array.isArray(keys) ? keys.filter(isClusterKey) : [];
  } catch {
    // Another token or a damaged file: the control plane sends the keys again with the next welcome.
    return [];
  }
}

/** Rejects when the folder cannot be written. */
export async function writeClusterKeys(folder: string, token: string, keys: readonly ClusterKey[]): Promise<void> {
  const salt = randomBytes(16);
  const iv = randomBytes(12);
  const cipher = createCipheriv(algorithm, sealingKey(token, salt), iv, { authTagLength: 16 });
  const data = Buffer.concat([cipher.update(JSON.stringify({ keys }), 'utf8'), cipher.final()]);
  await writeWhole(folder, keysFile, JSON.stringify({
    salt: salt.toString('base64url'), iv: iv.toString('base64url'), tag: cipher.getAuthTag().toString('base64url'), data: data.toString('base64url'),
  }));
}

function sealingKey(token: string, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', token, salt, 'signalbox cluster keys', 32));
}

function isClusterKey(value: unknown): value is ClusterKey {
  return typeof value === 'object' && value !== null && 'id' in value && 'key' in value && typeof value.id === 'number' && typeof value.key === 'string';
}

async function readObject(file: string): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    return parseObject(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

async function writeWhole(folder: string, name: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = path.join(folder, `${name}.tmp`);
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path.join(folder, name));
}
