/**
 * The ports that workers send to backends from, kept over restarts: the Via of a request names its worker's port, and the
 * answer must find the next process there. Only a node with several workers has any.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** UDP port of one worker by family; 0 = any free one. */
export interface BackendPorts {
  readonly udp4: number;
  readonly udp6: number;
}

export const anyPorts: BackendPorts = { udp4: 0, udp6: 0 };
const fileName = 'backend-ports.json';

/** What the former process used, by worker; nothing when there is no file or it cannot be read as one. */
export function loadBackendPorts(folder: string): readonly BackendPorts[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(join(folder, fileName), 'utf8'));
  } catch {
    return [];
  }
  return Array.isArray(parsed) && parsed.every(isPorts) ? parsed : [];
}

export function saveBackendPorts(folder: string, ports: readonly BackendPorts[]): void {
  writeFileSync(join(folder, fileName), JSON.stringify(ports), { mode: 0o600 });
}

function isPorts(value: unknown): value is BackendPorts {
  if (typeof value !== 'object' || value === null) return false;
  const { udp4, udp6 } = value as Readonly<Record<string, unknown>>;
  return isPort(udp4) && isPort(udp6);
}

const isPort = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535;
