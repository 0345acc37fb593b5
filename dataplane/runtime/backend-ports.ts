/**
 * The ports that workers send to backends from. With `own` each worker has one, chosen at the first start and kept over
 * restarts: the Via of a request names it, and the answer must find the next process there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '../contract/result.ts';
import type { ListenSetting } from '../listen-setting.ts';
import type { BackendPortSetting } from '../settings.ts';
import { PortProbe } from './port-probe.ts';

/** UDP port of one worker by family; 0 = it sends from the public port. */
export interface BackendPorts {
  readonly udp4: number;
  readonly udp6: number;
}

export const noBackendPorts: BackendPorts = { udp4: 0, udp6: 0 };
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

/**
 * Chooses a port for each worker and family that has a UDP listener.
 * @param saved what the former process used; taken again where it is free
 * @param shared the former process lives and holds them: they are shared with it
 * @returns by worker, or one sentence for the operator
 */
export async function chooseBackendPorts(
  setting: BackendPortSetting, listen: readonly ListenSetting[], workers: number, saved: readonly BackendPorts[], shared: boolean,
): Promise<Result<readonly BackendPorts[], string>> {
  if (setting === 'single' || (setting === 'own' && workers === 1)) return ok(Array.from({ length: workers }, () => noBackendPorts));
  const probe = new PortProbe();
  try {
    const chosen: BackendPorts[] = [];
    for (let worker = 0; worker < workers; worker++) {
      const ports = { udp4: 0, udp6: 0 };
      for (const family of [4, 6] as const) {
        const at = listen.find((one) => one.transport === 'udp' && one.family === family);
        if (at === undefined) continue;
        const name = family === 4 ? 'udp4' : 'udp6';
        const wanted = setting === 'own' ? (saved[worker]?.[name] ?? 0) : setting.first + worker;
        const port = shared && wanted > 0 ? wanted : await probe.udp(at.address, family, wanted);
        if (port === 0 && setting !== 'own') return err(`SIGNALBOX_BACKEND_PORT: port ${wanted} of ${at.address} cannot be opened; stop what uses it or give another range.`);
        ports[name] = port === 0 ? await probe.udp(at.address, family, 0) : port;
      }
      chosen.push(ports);
    }
    return ok(chosen);
  } finally {
    await probe.close();
  }
}

function isPorts(value: unknown): value is BackendPorts {
  if (typeof value !== 'object' || value === null) return false;
  const { udp4, udp6 } = value as Readonly<Record<string, unknown>>;
  return isPort(udp4) && isPort(udp6);
}

const isPort = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535;
