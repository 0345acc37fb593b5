/**
 * SIP messages as the tests see them: a reader and a writer of their own, simple and slow on purpose,
 * so that no bug of the product's parser hides behind itself.
 */
import { randomBytes } from 'node:crypto';
import type { SipTransport } from './sip-wires.ts';

export interface SipText {
  readonly raw: string;
  readonly startLine: string;
  /** Request method, or for responses the CSeq method. */
  readonly method: string;
  /** 0 for requests. */
  readonly status: number;
  /** '' for responses. */
  readonly uri: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

const compact: Readonly<Record<string, string>> = {
  v: 'via', f: 'from', t: 'to', i: 'call-id', m: 'contact', l: 'content-length', c: 'content-type', k: 'supported', s: 'subject',
};

/** Reads one message; throws when it is not SIP. */
export function readSip(received: string): SipText {
  // RFC 3261 §7.5: CRLFs in front of a message mean nothing.
  const raw = received.replace(/^(\r\n)+/, '');
  const split = raw.indexOf('\r\n\r\n');
  const head = split < 0 ? raw : raw.slice(0, split);
  const [startLine = '', ...lines] = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = lines.filter((line) => line !== '').map((line): [string, string] => {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    return [compact[name] ?? name, line.slice(colon + 1).trim()];
  });
  const response = /^SIP\/2\.0 (\d{3})/.exec(startLine);
  const request = /^([^\s/]+) (.+) SIP\/2\.0$/.exec(startLine);
  if (!response && !request) throw new Error(`not a SIP message: ${JSON.stringify(raw.slice(0, 120))}`);
  const cseq = headers.find(([name]) => name === 'cseq')?.[1] ?? '';
  return {
    raw, startLine, headers,
    method: request?.[1] ?? cseq.split(/\s+/)[1] ?? '',
    status: Number(response?.[1] ?? 0),
    uri: request?.[2] ?? '',
    body: split < 0 ? '' : raw.slice(split + 4),
  };
}

/** First value of a header, '' when absent. */
export function headerOf(message: SipText, name: string): string {
  return message.headers.find(([n]) => n === name)?.[1] ?? '';
}

/** Every value of a header over all of its lines, comma lists split (outside quotes and angle brackets). */
export function valuesOf(message: SipText, name: string): string[] {
  const values: string[] = [];
  for (const [n, line] of message.headers) {
    if (n !== name) continue;
    let depth = 0;
    let quoted = false;
    let start = 0;
    for (let i = 0; i < line.length; i++) {
      const c = line[i];
      if (c === '"') quoted = !quoted;
      else if (quoted) continue;
      else if (c === '<') depth += 1;
      else if (c === '>') depth -= 1;
      else if (c === ',' && depth === 0) {
        values.push(line.slice(start, i).trim());
        start = i + 1;
      }
    }
    values.push(line.slice(start).trim());
  }
  return values;
}

/** The parameter `name` behind the address part of a header value, '' when absent. */
export function paramOf(value: string, name: string): string {
  const behind = value.includes('>') ? value.slice(value.indexOf('>') + 1) : value;
  return new RegExp(`;\\s*${name}\\s*=\\s*("[^"]*"|[^;,\\s]+)`, 'i').exec(behind)?.[1] ?? '';
}

export const toTagOf = (message: SipText): string => paramOf(headerOf(message, 'to'), 'tag');
export const callIdOf = (message: SipText): string => headerOf(message, 'call-id');
export const branchOf = (message: SipText): string => paramOf(headerOf(message, 'via'), 'branch');

/** The URI inside `<...>`, or the value itself without parameters. */
export function uriOf(value: string): string {
  const bracketed = /<([^>]*)>/.exec(value)?.[1];
  return bracketed ?? value.split(';')[0]?.trim() ?? '';
}

/** Where a SIP URI points: host without brackets, port (default 5060), transport (default udp). */
export function targetOf(uri: string): { host: string; port: number; transport: SipTransport } {
  const match = /^sips?:(?:[^@]*@)?(\[[^\]]+\]|[^:;?]+)(?::(\d+))?(.*)$/i.exec(uri);
  if (!match?.[1]) throw new Error(`not a SIP URI: ${uri}`);
  return {
    host: match[1].replace(/^\[|\]$/g, ''),
    port: Number(match[2] ?? 5060),
    transport: (/;transport=(udp|tcp|tls|wss?)(?![a-z])/i.exec(match[3] ?? '')?.[1]?.toLowerCase() ?? 'udp') as SipTransport,
  };
}

/** A random token for tags, branches and Call-IDs. */
export const token = (): string => randomBytes(9).toString('hex');
export const newBranch = (): string => `z9hG4bK${token()}`;
export const hostPort = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

/** Puts start line, header lines and body together, with the Content-Length that belongs to it. */
export function writeSip(startLine: string, headers: readonly string[], body = ''): string {
  return `${[startLine, ...headers, `Content-Length: ${Buffer.byteLength(body, 'latin1')}`].join('\r\n')}\r\n\r\n${body}`;
}

/** A response to `request` that copies what RFC 3261 8.2.6.2 wants copied. */
export function answerTo(request: SipText, status: number, reason: string, extra: { toTag?: string; headers?: readonly string[]; body?: string } = {}): string {
  const copied = request.headers.flatMap(([name, value]) => {
    if (name === 'to' && status > 100 && extra.toTag !== undefined && paramOf(value, 'tag') === '') return [`To: ${value};tag=${extra.toTag}`];
    const shown = ({ via: 'Via', from: 'From', to: 'To', 'call-id': 'Call-ID', cseq: 'CSeq' } as Record<string, string>)[name];
    if (shown !== undefined) return [`${shown}: ${value}`];
    return name === 'record-route' && status > 100 && status < 300 ? [`Record-Route: ${value}`] : [];
  });
  return writeSip(`SIP/2.0 ${status} ${reason}`, [...copied, ...(extra.headers ?? [])], extra.body ?? '');
}
