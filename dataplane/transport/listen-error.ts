import type { ListenerSettings } from './settings.ts';

const explanations: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken; stop the program that holds it (ss -lnp shows it) or choose another port in SIGNALBOX_LISTEN',
  EADDRNOTAVAIL: 'no interface of this host has that address; correct SIGNALBOX_LISTEN',
  EACCES: 'the port needs privileges; choose one of 1024 or above, or grant CAP_NET_BIND_SERVICE',
  EAFNOSUPPORT: 'this host has no such address family; take the listener out of SIGNALBOX_LISTEN',
  EMFILE: 'too many open files; raise the limit (ulimit -n)',
};

/** A listener that could not be opened. */
export class ListenError {
  /** `udp:0.0.0.0:5060`, IPv6 in brackets. */
  readonly listener: string;
  /** Code of the operating system, such as EADDRINUSE. */
  readonly code: string;

  constructor(settings: Pick<ListenerSettings, 'transport' | 'family' | 'address' | 'port'>, code: string) {
    const host = settings.family === 6 ? `[${settings.address}]` : settings.address;
    this.listener = `${settings.transport}:${host}:${settings.port}`;
    this.code = code;
  }

  /** One sentence for the operator: what failed and what to do. */
  sentence(): string {
    return `Cannot listen on ${this.listener} (${this.code}): ${explanations[this.code] ?? 'the operating system refused it'}.`;
  }
}

/** Code of a system error, or its name. */
export const codeOf = (error: unknown): string => {
  if (error instanceof Error) return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return String(error);
};
