/**
 * The local socket between a data plane and the one that takes over from it: frames of four bytes of length (big endian) and
 * JSON. Both ends are this program under the same user (the socket is for its owner only), in two versions perhaps: `protocol` says
 * whether they understand each other.
 */
import type { Socket } from 'node:net';
import type { BindingChange } from '../registrations/binding.ts';
import type { Mail, OtherProcess } from './neighbour-mail.ts';

/** Raised with every change of frames that an older process would misread. */
export const protocol = 1;
/** One message of SIP is 64 KiB at most; keys and calls are sent in parts. */
const maxFrameBytes = 1024 * 1024;
/** Mail that the other end has not taken; beyond that it is dropped, as a full socket buffer would. */
const maxQueuedBytes = 64 * 1024 * 1024;

/** What a new process is told of the one that it replaces. */
export interface Welcome extends OtherProcess {
  readonly pid: number;
  /** Its place among the processes that are still at work: 1 = none before it. */
  readonly place: number;
  readonly keySecrets: { readonly first: number; readonly second: number };
  /** base64 of the key that seals TLS session tickets. */
  readonly tickets: string;
  /** base64url of the key that stands in for cluster keys in a node that has none. */
  readonly ownKey: string;
}

export type Frame =
  /** New → old. `takeover` false = only looks whether somebody is there. */
  | { readonly t: 'hello'; readonly protocol: number; readonly pid: number; readonly version: string; readonly takeover: boolean }
  | ({ readonly t: 'welcome' } & Welcome)
  | { readonly t: 'refused'; readonly sentence: string }
  /** New → old: my sockets are open and all they get comes to you; hand over now. */
  | ({ readonly t: 'ready' } & OtherProcess)
  /** Old → new: keys of my server transactions, base64 of pairs of 32-bit words. */
  | { readonly t: 'keys'; readonly words: string }
  /** Old → new: that were all; whatever is not in them is yours. */
  | { readonly t: 'switched' }
  | { readonly t: 'mail'; readonly to: number; readonly from: number; readonly mail: Mail }
  /** Old → new: what phones registered since it wrote its registrations down. */
  | { readonly t: 'registrations'; readonly changes: readonly BindingChange[] }
  /** Old → new, every second: transactions that are left. */
  | { readonly t: 'left'; readonly transactions: number }
  /** Old → new: nothing is left here, ask no more. */
  | { readonly t: 'done' }
  /** New → old: nothing more will be asked. */
  | { readonly t: 'bye' };

export interface LinkEvents {
  frame(frame: Frame): void;
  /** Comes once, however it ends. */
  closed(): void;
}

export class HandoverLink {
  readonly #socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  /** Mail that was dropped because the other end does not read. */
  dropped = 0;

  constructor(socket: Socket, events: LinkEvents) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk, events));
    // The end is told by `close`.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => events.closed());
  }

  send(frame: Frame): void {
    if (frame.t === 'mail' && this.#socket.writableLength > maxQueuedBytes) {
      this.dropped += 1;
      return;
    }
    const body = Buffer.from(JSON.stringify(frame));
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    this.#socket.write(Buffer.concat([head, body]));
  }

  /** Ends it when all has been sent. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) resolve();
      else this.#socket.once('close', () => resolve()).end();
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer, events: LinkEvents): void {
    let buffer: Buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    while (buffer.length >= 4) {
      const length = buffer.readUInt32BE();
      if (length > maxFrameBytes) {
        this.#socket.destroy();
        return;
      }
      if (buffer.length < 4 + length) break;
      const frame = parseFrame(buffer.toString('utf8', 4, 4 + length));
      if (frame === null) {
        this.#socket.destroy();
        return;
      }
      events.frame(frame);
      buffer = buffer.subarray(4 + length);
    }
    this.#buffer = buffer;
  }
}

const known = new Set(['hello', 'welcome', 'refused', 'ready', 'keys', 'switched', 'mail', 'registrations', 'left', 'done', 'bye']);

function parseFrame(text: string): Frame | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return typeof value === 'object' && value !== null && 't' in value && typeof value.t === 'string' && known.has(value.t) ? (value as Frame) : null;
}

const keysPerFrame = 50_000;

/** Cuts a list of keys into frames. */
export function keyFrames(keys: Int32Array): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < keys.length; at += 2 * keysPerFrame) {
    const part = keys.subarray(at, at + 2 * keysPerFrame);
    frames.push({ t: 'keys', words: Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('base64') });
  }
  return frames;
}

export function keysOf(words: string): Int32Array {
  const bytes = new Uint8Array(Buffer.from(words, 'base64'));
  return new Int32Array(bytes.buffer, 0, Math.floor(bytes.length / 4));
}
