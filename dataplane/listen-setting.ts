/** The syntax of `SIGNALBOX_LISTEN`: which sockets the node opens, what it calls them, and what they show. */
import { isIP } from 'node:net';
import { splitList } from './comma-list.ts';
import { err, ok, type Result } from './contract/result.ts';
import { isSecure, isTransport, type TransportName } from './transport/flow.ts';

export interface ListenSetting {
  readonly transport: TransportName;
  readonly family: 4 | 6;
  /** Literal IP address without brackets. */
  readonly address: string;
  readonly port: number;
  /** What Via and Record-Route show; empty / 0 = the bound address and port. */
  readonly advertisedHost: string;
  readonly advertisedPort: number;
  /** PEM files of a TLS or WSS listener's own certificate (chain, leaf first) and key; both '' = none of its own. */
  readonly certFile: string;
  readonly keyFile: string;
}

/** A part that is no listener, and what would be one. */
export interface ListenFault {
  readonly value: string;
  readonly accepted: string;
}

const maxListeners = 32;
const form = 'udp|tcp|tls|ws|wss:address:port[@advertised[:port]], IPv6 in brackets, like udp:0.0.0.0:5060,tcp:[::]:5060@sip.example.com';
const certificateForm = 'tls:0.0.0.0:5061;cert=/etc/signalbox/chain.pem;key=/etc/signalbox/key.pem';

/** Parses a comma list of listeners. A comma cannot be part of a file name in it. */
export function parseListenList(text: string): Result<readonly ListenSetting[], ListenFault> {
  const parts = splitList(text);
  if (parts.length === 0 || parts.length > maxListeners) return err({ value: text, accepted: `1 to ${maxListeners} listeners: a comma list of ${form}` });
  const listen: ListenSetting[] = [];
  for (const part of parts) {
    const one = parseListen(part);
    if (!one.ok) return one;
    listen.push(one.value);
  }
  return ok(listen);
}

function parseListen(text: string): Result<ListenSetting, ListenFault> {
  const [socket = '', ...options] = text.split(';');
  const match = /^([a-z]{2,3}):(\[[0-9a-fA-F:.]+\]|[0-9.]+):(\d{1,5})(?:@(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?)?$/.exec(socket);
  const transport = match?.[1] ?? '';
  const address = unbracket(match?.[2] ?? '');
  const family = isIP(address);
  const port = Number(match?.[3]);
  const advertisedPort = Number(match?.[5] ?? 0);
  if (match === null || !isTransport(transport) || (family !== 4 && family !== 6) || port > 65_535 || advertisedPort > 65_535) {
    return err({ value: text, accepted: `a comma list of ${form}` });
  }
  const files = parseFiles(options);
  if (files === null) return err({ value: text, accepted: `the certificate's two files behind the address, like ${certificateForm}` });
  if (files.certFile !== '' && !isSecure(transport)) return err({ value: text, accepted: `certificate files for tls and wss only, like ${certificateForm}` });
  return ok({ transport, family, address, port, advertisedHost: unbracket(match[4] ?? '').toLowerCase(), advertisedPort, ...files });
}

/** null = not exactly one `cert` and one `key`, or none at all. */
function parseFiles(options: readonly string[]): Pick<ListenSetting, 'certFile' | 'keyFile'> | null {
  if (options.length === 0) return { certFile: '', keyFile: '' };
  const values = new Map(options.map((option): [string, string] => {
    const equals = option.indexOf('=');
    return [option.slice(0, equals), option.slice(equals + 1)];
  }));
  const certFile = values.get('cert') ?? '';
  const keyFile = values.get('key') ?? '';
  return options.length !== 2 || values.size !== 2 || certFile === '' || keyFile === '' ? null : { certFile, keyFile };
}

/** `[::1]` without its brackets. */
export const unbracket = (host: string): string => (host.startsWith('[') ? host.slice(1, -1) : host);
