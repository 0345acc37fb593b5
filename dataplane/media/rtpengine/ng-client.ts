/**
 * One rtpengine by its ng protocol over UDP: a request is a cookie and a dictionary, sent again with the same cookie until the
 * answer comes (rtpengine answers a cookie that it knows with what it answered before). The socket is connected: only the
 * instance itself is heard, and the kernel says at once when nobody listens there.
 */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isIpv6 } from '../../contract/address.ts';
import { err, type Result } from '../../contract/result.ts';
import { decodeDictionary, encodeFields, type BencodeDictionary, type BencodeFields } from './bencode.ts';

/** How long an instance may take for an answer; two of them fit in the time of a passage. */
export const answerMs = 900;
/** Waits between the sendings of a request, and behind the last one. */
const waitsMs = [150, 250, answerMs - 400] as const;
/** Requests under way; more fail at once. */
const maxUnderWay = 4_096;
const maxDatagramBytes = 65_000;

/** What comes of a request: the instance's dictionary, or a sentence that says why there is none. */
export type NgAnswer = Result<BencodeDictionary, string>;

interface Request {
  readonly bytes: Buffer;
  readonly done: (answer: NgAnswer) => void;
  waits: number;
  timer: NodeJS.Timeout;
}

export class NgClient {
  readonly address: string;
  readonly #port: number;
  readonly #requests = new Map<string, Request>();
  readonly #cookies = randomBytes(9).toString('base64url');
  #sent = 0;
  #socket: Socket | null = null;
  #connected = false;

  /** @param address numeric */
  constructor(address: string, port: number) {
    this.address = address;
    this.#port = port;
  }

  get underWay(): number {
    return this.#requests.size;
  }

  /** @param done called exactly once: at once or within `answerMs` */
  request(fields: BencodeFields, done: (answer: NgAnswer) => void): void {
    const cookie = `${this.#cookies}_${(this.#sent++).toString(36)}`;
    const bytes = Buffer.from(`${cookie} ${encodeFields(fields)}`, 'latin1');
    if (this.#requests.size >= maxUnderWay || bytes.length > maxDatagramBytes) {
      done(err(bytes.length > maxDatagramBytes ? `a request of ${bytes.length} bytes is too long` : `${maxUnderWay} requests are under way`));
      return;
    }
    this.#requests.set(cookie, { bytes, done, waits: 1, timer: setTimeout(() => this.#late(cookie), waitsMs[0]) });
    this.#open();
    this.#send(cookie);
  }

  /** Requests under way fail. */
  close(): void {
    this.#socket?.close();
    this.#socket = null;
    this.#failAll('the instance was taken out of the settings');
  }

  #open(): void {
    if (this.#socket !== null) return;
    const socket = createSocket({ type: isIpv6(this.address) ? 'udp6' : 'udp4', recvBufferSize: 1024 * 1024 });
    this.#socket = socket;
    this.#connected = false;
    socket.on('message', (datagram) => this.#received(datagram));
    socket.on('error', (error) => this.#broken(socket, error));
    socket.on('connect', () => {
      this.#connected = true;
      for (const cookie of this.#requests.keys()) this.#send(cookie);
    });
    socket.connect(this.#port, this.address);
  }

  #send(cookie: string): void {
    const request = this.#requests.get(cookie);
    const socket = this.#socket;
    if (request === undefined || socket === null || !this.#connected) return;
    socket.send(request.bytes, (error) => {
      if (error !== null) this.#broken(socket, error);
    });
  }

  #late(cookie: string): void {
    const request = this.#requests.get(cookie);
    if (request === undefined) return;
    const waitMs = waitsMs[request.waits++];
    if (waitMs === undefined) {
      // Where this thread was held up the answer may have come and wait to be read: that is done first.
      setImmediate(() => this.#finish(cookie, err(`no answer within ${answerMs} ms`)));
      return;
    }
    this.#send(cookie);
    request.timer = setTimeout(() => this.#late(cookie), waitMs);
  }

  /** What is no answer to a request of ours is dropped: it came too late or twice. */
  #received(datagram: Buffer): void {
    const space = datagram.indexOf(0x20);
    const cookie = datagram.toString('latin1', 0, Math.max(0, space));
    if (this.#requests.has(cookie)) this.#finish(cookie, decodeDictionary(datagram, space + 1));
  }

  /** Nobody listens, or no way leads there: all requests fail now, and the next one begins with a new socket. */
  #broken(socket: Socket, error: Error): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    socket.close();
    this.#failAll('code' in error && error.code === 'ECONNREFUSED' ? 'nobody listens there' : error.message);
  }

  #failAll(why: string): void {
    for (const cookie of [...this.#requests.keys()]) this.#finish(cookie, err(why));
  }

  #finish(cookie: string, answer: NgAnswer): void {
    const request = this.#requests.get(cookie);
    if (request === undefined) return;
    clearTimeout(request.timer);
    this.#requests.delete(cookie);
    request.done(answer);
  }
}
