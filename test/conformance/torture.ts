/** The torture messages of RFC 4475 and RFC 5118 end to end: a message goes in, and what comes out at backend and sender is its verdict. */
import { until } from '../harness/deadline.ts';
import { Peer } from '../harness/peer.ts';
import { SipSocket } from '../harness/sip-socket.ts';
import type { SipText } from '../harness/sip-text.ts';
import { tortureMessages, tortureText, type TortureMessage } from '../torture/corpus.ts';
import type { Edge, EdgePlan } from './edge.ts';
import { RawStream } from '../harness/raw-stream.ts';
import { settled } from './world.ts';

/** Whose message it is: a stranger's, who reaches the domains that are served, or a trunk's, all of whose requests belong to a tenant. */
export type Sender = 'stranger' | 'trunk';

/** Every message has an address of its own, so that answers to one do not reach the next. */
const networks: Readonly<Record<Sender, string>> = { stranger: '127.0.21', trunk: '127.0.22' };
const served = ['example.com', 'example.net', 'example.org'].flatMap((domain) => [domain, `*.${domain}`]);

/** The plan of an edge that serves example.com, example.net and example.org with all below them, and a trunk. */
export const torturePlan = (backend: SipSocket): EdgePlan => ({
  number: 1, domains: served, destinations: [new Peer(backend, { addressFor: () => ({ host: '', port: 0 }) }).uri], algorithm: 8, frMs: 4_000, frInviteMs: 30_000, probing: false, topologyHiding: false, media: 'direct', trunk: [`${networks.trunk}.0/24`],
});

/** `forward`, the status of the answer, `silent`, or `broken`: what came to the backend was no SIP message. */
export interface Outcome {
  readonly verdict: string;
  /** What the backend got. */
  readonly forwarded: SipText | null;
  /** The backend's answer found its way back. */
  readonly answered: boolean;
}

/** The port in the first Via, to which an answer without rport goes. */
const sentByPort = (text: string): number => Number(/^(?:v|via)[ \t]*:\s*SIP\s*\/\s*2\.0\s*\/\s*\w+\s+(?:\[[^\]]*\]|[^\s:;,]+)(?:\s*:\s*(\d+))?/im.exec(text)?.[1] ?? 5060);

interface Line {
  readonly statuses: () => readonly number[];
  close(): Promise<void>;
}

const finalOf = (text: string): number[] => [...text.matchAll(/^SIP\/2\.0 ([2-6]\d\d)/gm)].map(([, status]) => Number(status));

async function sendDatagram(edge: Edge, host: string, text: string): Promise<Line> {
  const socket = await SipSocket.open({ host, port: sentByPort(text), tolerant: true });
  await socket.send(text, edge.addressFor('udp', host));
  return { statuses: () => [...socket.received.map(({ message }) => message.status), ...socket.unreadable.flatMap(finalOf)].filter((status) => status >= 200), close: () => socket.close() };
}

async function sendStream(edge: Edge, host: string, text: string): Promise<Line> {
  const stream = await RawStream.open(edge.addressFor('tcp', host), false, host);
  // A pong shows that what stands in front of the ping was dealt with.
  await stream.send(`${text}\r\n\r\n`);
  await until('the pong, or the end of the stream', 5_000, () => stream.closed || stream.text.endsWith('\r\n'));
  return { statuses: () => finalOf(stream.text), close: () => stream.end() };
}

/** Sends one message and waits until the edge has dealt with it. */
export async function torture(edge: Edge, backend: SipSocket, probe: Peer, message: TortureMessage, sender: Sender): Promise<Outcome> {
  const text = tortureText(message);
  // Earlier messages may still be on their way again.
  const mark = /^(?:call-id|i)[ \t]*:\s*(\S+)/im.exec(text)?.[1] ?? /branch=([^;,\s]+)/.exec(text)?.[1] ?? '';
  let forwarded: SipText | null = null;
  const peer = new Peer(backend, edge);
  backend.onMessage = (received) => {
    if (received.message.status > 0 || received.message.method === 'ACK' || !received.message.raw.includes(mark)) return;
    forwarded ??= received.message;
    peer.answer(received, received.message.method === 'INVITE' ? 486 : 202);
  };
  const line = await (message.transport === 'udp' ? sendDatagram : sendStream)(edge, `${networks[sender]}.${1 + tortureMessages.indexOf(message)}`, text);
  try {
    await settled(probe);
    const broken = (): string | undefined => backend.unreadable.find((raw) => raw.includes(mark));
    const seen = (): boolean => forwarded !== null || line.statuses().length > 0 || broken() !== undefined;
    // A process of the edge may be slower than the one that answered the probe.
    if (!message.expect.includes('silent')) await until('any outcome', 1_500, seen).catch(() => false);
    if (broken() !== undefined) return { verdict: 'broken', forwarded: null, answered: false };
    const got = forwarded as SipText | null;
    if (got === null) return { verdict: String(line.statuses()[0] ?? 'silent'), forwarded: null, answered: false };
    const wanted = got.method === 'INVITE' ? 486 : 202;
    const answered = await until('the answer', 5_000, () => line.statuses().includes(wanted)).then(() => true, () => false);
    return { verdict: 'forward', forwarded: got, answered };
  } finally {
    await line.close();
  }
}

/** Whether the index of the corpus allows this outcome. */
export function allowed(message: TortureMessage, { verdict, forwarded }: Outcome): boolean {
  const all = [...message.expect, ...(message.tolerated ?? [])];
  const status = Number(verdict);
  if (forwarded !== null) {
    const [line = ''] = forwarded.raw.split('\r\n');
    if (message.mustNotContain !== undefined && new RegExp(message.mustNotContain).test(line)) return false;
    if (message.rawMustNotContain !== undefined && forwarded.raw.includes(message.rawMustNotContain)) return false;
  }
  if (all.includes(verdict)) return true;
  return status >= 200 && ((all.includes('not-400') && status !== 400) || (all.includes('reject') && status >= 400) || (all.includes('5xx') && status >= 500));
}

export interface TortureRow {
  readonly name: string;
  readonly section: string;
  readonly verdicts: readonly string[];
}

/** The table that a suite prints. */
export const tortureTable = (columns: readonly string[], rows: readonly TortureRow[]): string =>
  [['message', 'section', ...columns], ...rows.map(({ name, section, verdicts }) => [name, section, ...verdicts])]
    .map((cells) => cells.map((cell, i) => cell.padEnd(i === 0 ? 32 : 10)).join(' ').trimEnd()).join('\n');
