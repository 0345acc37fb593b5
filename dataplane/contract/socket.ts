/** A listener as Kamailio names it: `udp:192.0.2.1:5060`. */
import { literalFamily } from './address.ts';

export interface SocketName {
  readonly transport: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';
  readonly family: 4 | 6;
  /** Without brackets. */
  readonly address: string;
  /** 0 = none given: any port of that transport and address. */
  readonly port: number;
}

/** Reads `transport:address[:port]`, IPv6 in brackets; null when it is anything else. */
export function readSocket(text: string): SocketName | null {
  const parts = /^(udp|tcp|tls|ws|wss):(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::([0-9]{1,5}))?$/.exec(text.toLowerCase());
  if (parts === null) return null;
  const address = parts[2] ?? parts[3] ?? '';
  const family = literalFamily(address);
  const port = Number(parts[4] ?? 0);
  if (family === 0 || (family === 6) !== (parts[2] !== undefined) || port > 65_535) return null;
  return { transport: parts[1] as SocketName['transport'], family, address, port };
}
