/**
 * Phones behind NAT that register over UDP, and the registrar that takes them all. Ten share a socket, each socket has
 * an address of its own in 127.20.0.0/16; what is measured is the edge in between.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as nap } from 'node:timers/promises';

/** As few as the usual limit of open files allows: an edge keeps a place alive, not a phone. */
const phonesPerSocket = 10;
/** REGISTERs under way at once: fewer than either end's receive buffer holds. */
const window = 100;
const repeatMs = 1_000;
const giveUpMs = 10_000;
const expires = 3_600;
export const domain = 'bench.example';

/** Addresses that so many phones register from. */
export const placesOf = (phones: number): number => Math.ceil(phones / phonesPerSocket);
export const userOf = (phone: number): string => `user${String(phone).padStart(6, '0')}`;
/** Where the phone thinks that it is. */
export const contactOf = (phone: number): string => `sip:${userOf(phone)}@192.168.${(phone >> 8) & 255}.${phone & 255}:5060;line=${(phone * 2_654_435_761 % 4_294_967_296).toString(16)}`;
export const addressOf = (socket: number): string => `127.20.${socket >> 8}.${(socket & 255)}`;
export const agent = 'Acme Deskphone T46 108.86.0.20';

async function bound(address: string): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20, lookup: (name, _, done) => done(null, name, 4) });
  // A literal is looked up at once, so the socket may listen before bind() returns.
  const listening = once(socket, 'listening');
  socket.bind(0, address);
  await listening;
  return socket;
}

/** Answers every REGISTER by 200 with its Contact. @returns the port on 127.0.0.1 and how to close it */
export async function openRegistrar(): Promise<{ readonly port: number; close(): void }> {
  const socket = await bound('127.0.0.1');
  socket.on('message', (data, from) => {
    const lines = data.toString('latin1').split('\r\n');
    if (!lines[0]?.startsWith('REGISTER ')) return;
    const copied = lines.filter((line) => /^(via|from|call-id|cseq):/i.test(line)).join('\r\n');
    const [to = '', contact = ''] = ['to:', 'contact:'].map((name) => lines.find((line) => line.toLowerCase().startsWith(name)) ?? '');
    socket.send(`SIP/2.0 200 OK\r\n${copied}\r\n${to};tag=r\r\n${contact};expires=${expires}\r\nContent-Length: 0\r\n\r\n`, from.port, from.address);
  });
  return { port: socket.address().port, close: () => { socket.close(); } };
}

interface Attempt {
  readonly begun: number;
  sent: number;
  done(registered: boolean): void;
}

export class Phones {
  readonly #sockets: readonly Socket[];
  readonly #edge: number;
  readonly #waiting = new Map<number, Attempt>();
  readonly #repeats: NodeJS.Timeout;
  #round = 0;
  /** CRLFs and OPTIONS that came so far. */
  keepAlives = 0;
  repeated = 0;

  private constructor(sockets: readonly Socket[], edge: number) {
    this.#sockets = sockets;
    this.#edge = edge;
    for (const [index, socket] of sockets.entries()) socket.on('message', (data) => this.#hears(index, data));
    this.#repeats = setInterval(() => this.#repeat(), 250);
  }

  /** @param edge port of the edge on 127.0.0.1 */
  static async open(count: number, edge: number): Promise<Phones> {
    const sockets: Socket[] = [];
    for (let index = 0; index < placesOf(count); index++) sockets.push(await bound(addressOf(index)));
    return new Phones(sockets, edge);
  }

  /** Registers the phones 0 to `count` - 1, at most `rate` a second (0 = as fast as it goes). @returns how many got no 200 */
  async register(count: number, rate = 0): Promise<number> {
    const begun = performance.now();
    this.#round += 1;
    let next = 0;
    let failed = 0;
    const lane = async (): Promise<void> => {
      while (next < count) {
        const phone = next++;
        const early = rate === 0 ? 0 : begun + (phone / rate) * 1_000 - performance.now();
        if (early > 0) await nap(early);
        if (!(await this.#registerOne(phone))) failed++;
      }
    };
    await Promise.all(Array.from({ length: window }, lane));
    return failed;
  }

  close(): void {
    clearInterval(this.#repeats);
    for (const socket of this.#sockets) socket.close();
  }

  #registerOne(phone: number): Promise<boolean> {
    return new Promise((done) => {
      const now = performance.now();
      this.#waiting.set(phone, { begun: now, sent: now, done });
      this.#send(phone);
    });
  }

  #send(phone: number): void {
    const socket = this.#sockets[Math.floor(phone / phonesPerSocket)];
    const user = userOf(phone);
    const text = `REGISTER sip:${domain} SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.20:5060;rport;branch=z9hG4bK${this.#round}x${phone}\r\nMax-Forwards: 70\r\n`
      + `From: <sip:${user}@${domain}>;tag=${phone}\r\nTo: <sip:${user}@${domain}>\r\nCall-ID: ${phone}@192.168.1.20\r\nCSeq: ${this.#round} REGISTER\r\n`
      + `Contact: <${contactOf(phone)}>\r\nSupported: path\r\nUser-Agent: ${agent}\r\nExpires: ${expires}\r\nContent-Length: 0\r\n\r\n`;
    socket?.send(text, this.#edge, '127.0.0.1');
  }

  #hears(socket: number, data: Buffer): void {
    const text = data.toString('latin1');
    if (text.startsWith('\r\n')) this.keepAlives++;
    else if (text.startsWith('OPTIONS ')) this.#answer(socket, text);
    else {
      const phone = Number(/\r\nCall-ID: (\d+)@/i.exec(text)?.[1] ?? -1);
      const attempt = this.#waiting.get(phone);
      if (attempt === undefined || text.startsWith('SIP/2.0 1')) return;
      this.#waiting.delete(phone);
      attempt.done(text.startsWith('SIP/2.0 200 '));
    }
  }

  #answer(socket: number, request: string): void {
    this.keepAlives++;
    const copied = request.split('\r\n').filter((line) => /^(via|from|to|call-id|cseq):/i.test(line)).join('\r\n');
    this.#sockets[socket]?.send(`SIP/2.0 200 OK\r\n${copied}\r\nContent-Length: 0\r\n\r\n`, this.#edge, '127.0.0.1');
  }

  #repeat(): void {
    const now = performance.now();
    for (const [phone, attempt] of this.#waiting) {
      if (now - attempt.begun > giveUpMs) {
        this.#waiting.delete(phone);
        attempt.done(false);
      } else if (now - attempt.sent > repeatMs) {
        attempt.sent = now;
        this.repeated++;
        this.#send(phone);
      }
    }
  }
}
