/** How mutated messages travel in streams: framed so that what follows is found, over TCP, TLS and WebSocket, cut anywhere. */
import { randomBytes } from 'node:crypto';
import { mutate } from '../fuzz/mutate.ts';
import type { Random } from '../fuzz/random.ts';
import type { SipTransport } from '../harness/sip-wires.ts';
import type { Edge } from './edge.ts';
import { RawStream } from '../harness/raw-stream.ts';

/** With the Content-Length that it has: a wrong one makes garbage of all that follows. */
export function framed(text: string): string {
  const end = text.indexOf('\r\n\r\n', 4);
  const head = (end < 0 ? text : text.slice(0, end)).replace(/\r\n(?:l|content-length)[ \t]*:[^\n]*/gi, '');
  const body = end < 0 ? '' : text.slice(end + 4);
  return `${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** A frame as a client sends it (RFC 6455 §5.2): masked, a text or binary; now and then of another kind, or in two parts. */
export function webFrame(text: string, random: Random): string {
  const opcode = random.below(20) === 0 ? random.below(16) : 1 + random.below(2);
  if (random.below(20) > 0) return frameOf(0x80 | opcode, text);
  const at = random.below(text.length + 1);
  return frameOf(opcode, text.slice(0, at)) + frameOf(0x80, text.slice(at));
}

function frameOf(first: number, text: string): string {
  const { length } = text;
  const size = length < 126 ? [0x80 | length] : length < 65_536 ? [0x80 | 126, length >> 8, length & 255] : [0x80 | 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
  const mask = [7, 0, 23, 255];
  let masked = '';
  for (let i = 0; i < length; i++) masked += String.fromCharCode(text.charCodeAt(i) ^ (mask[i & 3] ?? 0));
  return String.fromCharCode(first, ...size, ...mask) + masked;
}

const upgrade = (): string =>
  `GET / HTTP/1.1\r\nHost: edge.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`;

/** One stream and what is to be written to it. */
export class FuzzStream {
  readonly stream: RawStream;
  readonly #web: boolean;
  pending: string;

  private constructor(stream: RawStream, web: boolean, random: Random) {
    this.stream = stream;
    this.#web = web;
    const first = web ? upgrade() : '';
    this.pending = random.below(8) === 0 ? mutate(first, [first], random) : first;
  }

  static async open(edge: Edge, transport: SipTransport, random: Random): Promise<FuzzStream> {
    return new FuzzStream(await RawStream.open(edge.addressFor(transport, '127.0.0.1'), transport === 'tls' || transport === 'wss'), transport === 'ws' || transport === 'wss', random);
  }

  /** Puts a message behind what waits; most are framed rightly. */
  add(text: string, random: Random): void {
    const right = random.below(10) > 0;
    if (this.#web) this.pending += right ? webFrame(text, random) : text;
    else this.pending += right ? framed(text) : text;
  }

  /** Writes some of what waits, whatever that cuts. */
  async write(random: Random): Promise<void> {
    const length = 1 + random.below(random.below(3) === 0 ? 8 : 900);
    await this.stream.send(this.pending.slice(0, length));
    this.pending = this.pending.slice(length);
  }
}
