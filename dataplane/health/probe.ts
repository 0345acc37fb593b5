/** One OPTIONS probe as a transport carries it out: what goes in, what comes back. */
import type { SecureContext } from 'node:tls';
import { causeOf } from '../transport/tls-door.ts';
import type { LocatedTransport } from '../transport/locate.ts';

/** Where a probe of one transport and family comes from. */
export interface ProbeSource {
  /** Advertised host and port of the listener that calls to the destination leave by. */
  readonly host: string;
  readonly port: number;
  /** Local address to send from; absent = the system chooses. */
  readonly bind?: string;
}

export interface ProbeJob {
  readonly uri: string;
  readonly transport: LocatedTransport;
  readonly family: 4 | 6;
  /** Numeric. */
  readonly address: string;
  readonly port: number;
  /** Name that the certificate must fit; '' = the address. */
  readonly serverName: string;
  readonly timeoutMs: number;
  readonly from: string;
  readonly userAgent: string;
  readonly token: string;
  /** null = no such listener; the socket's own address is shown. */
  readonly source: ProbeSource | null;
  /** null = no TLS. */
  readonly tls: ProbeTls | null;
}

/** How probes shake hands: as calls do. */
export interface ProbeTls {
  readonly context: SecureContext;
  readonly verify: boolean;
}

/** What became of a probe. `code` 0 = no reply. `lastPacket` is the reply, or the request when none came. */
export interface ProbeResult {
  readonly outcome: 'reply' | 'timeout' | 'icmp' | 'dns';
  readonly code: number;
  readonly detail: string;
  /** -1 = no reply. */
  readonly latencyMs: number;
  readonly address: string;
  readonly lastPacket: string;
}

/** Carries a probe out; never rejects. `signal` gives it up with outcome `timeout`. */
export type ProbeRun = (job: ProbeJob, signal: AbortSignal) => Promise<ProbeResult>;

/** The most of a packet that is kept for people to read. */
export const keptPacketChars = 4_096;

/** Errors that say something about the other side: nobody is there. Any other is a fault of ours, no verdict by itself. */
const unreachable: ReadonlySet<string> = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ECONNRESET', 'EPIPE']);

/** The other side answers, and no TLS comes about: its certificate, or no TLS at all. */
const isTlsFault = (error: Error): boolean => 'code' in error && typeof error.code === 'string' && /^(ERR_(SSL|TLS)_|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO_)/.test(error.code);
const maxFaultChars = 300;

/** Without what OpenSSL puts in front and Node advises its programmers behind. */
function tlsFaultText(error: Error): string {
  if (causeOf(error) === 'tlsFailedPlain') return 'the port does not speak it';
  return error.message.replace(/^[0-9A-F]{8,}:/, '').replace(/; if the root CA.*$/, '').trim().slice(0, maxFaultChars);
}

export function outcomeOf(error: Error): 'icmp' | 'timeout' {
  if (isTlsFault(error)) return 'icmp';
  return 'code' in error && typeof error.code === 'string' && unreachable.has(error.code) ? 'icmp' : 'timeout';
}

/** A socket error as the operator reads it. */
export function faultText(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (isTlsFault(error)) return `TLS: ${tlsFaultText(error)}`;
  switch (code) {
    case 'ECONNREFUSED': return 'port unreachable or refused';
    case 'EHOSTUNREACH': return 'host unreachable';
    case 'ENETUNREACH': return 'network unreachable';
    case 'ECONNRESET': return 'connection reset';
    case '': return error.message;
    default: return code;
  }
}
