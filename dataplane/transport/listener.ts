import { networkInterfaces } from 'node:os';
import { isWildcard } from '../contract/address.ts';
import type { Family, Listener, TransportName } from './flow.ts';
import type { ListenerSettings } from './settings.ts';

/** A listener that is open, with the texts that messages need of it made once. */
export class BoundListener implements Listener {
  readonly id: number;
  readonly transport: TransportName;
  readonly family: Family;
  readonly address: string;
  readonly port: number;
  readonly advertisedHost: string;
  readonly advertisedPort: number;
  readonly hostIsFixed: boolean;
  readonly hostPort: string;
  readonly backend: boolean;

  /** @param port the bound port. */
  constructor(id: number, settings: ListenerSettings, port: number) {
    this.id = id;
    this.transport = settings.transport;
    this.family = settings.family;
    this.address = settings.address;
    this.port = port;
    const host = settings.advertisedHost === '' ? reachableAddress(settings.address, settings.family) : settings.advertisedHost;
    this.advertisedHost = host.includes(':') ? `[${host}]` : host;
    this.hostIsFixed = settings.advertisedHost !== '' || !isWildcard(settings.address);
    this.advertisedPort = settings.advertisedPort === 0 ? port : settings.advertisedPort;
    this.hostPort = `${this.advertisedHost}:${this.advertisedPort}`;
    this.backend = settings.backend;
  }

  get wildcard(): boolean {
    return isWildcard(this.address);
  }
}

/** The address itself, or for the wildcard that of the first interface to the outside, else loopback. */
function reachableAddress(address: string, family: Family): string {
  if (!isWildcard(address)) return address;
  for (const found of Object.values(networkInterfaces())) {
    for (const { family: name, internal, address: own, scopeid } of found ?? []) {
      if (!internal && name === `IPv${family}` && (scopeid ?? 0) === 0) return own;
    }
  }
  return family === 4 ? '127.0.0.1' : '::1';
}
