/** A SIP peer with an audio stream: offers and answers, and sends its media where the other side's SDP says. */
import { until } from './deadline.ts';
import { Peer, type EdgeAddress } from './peer.ts';
import { RtpStream, type Hearing, type RtpStreamOptions } from './rtp-stream.ts';
import { readSdp, writeSdp, type SdpPlan, type SdpText } from './sdp-text.ts';
import { SipSocket, type Received, type SipSocketOptions } from './sip-socket.ts';
import { callIdOf, headerOf, paramOf, token, toTagOf, uriOf, valuesOf, type SipText } from './sip-text.ts';

/** How long an end waits for SIP and media of the other: longer than a busy machine keeps the processes between them from their work. */
export const patienceMs = 15_000;

export interface MediaPeerOptions {
  readonly sip?: SipSocketOptions;
  readonly media?: RtpStreamOptions;
  /** What its SDP says instead of the truth, and beside it. */
  readonly says?: Partial<SdpPlan>;
}

export interface WithSdp {
  readonly message: SipText;
  /** null = it carried none. */
  readonly sdp: SdpText | null;
}

export class MediaPeer {
  readonly sip: Peer;
  readonly media: RtpStream;
  /** May change in a call; the next SDP says so. */
  says: Partial<SdpPlan>;
  callId = token();
  readonly tag = token();
  /** The newest SDP of the other side. */
  remote: SdpText | null = null;
  #uri = '';
  #remoteTag = '';
  #routes: readonly string[] = [];
  #cseq = 0;
  #inviteCseq = 0;
  #version = 0;
  #invite: Received | null = null;

  constructor(sip: Peer, media: RtpStream, says: Partial<SdpPlan> = {}) {
    this.sip = sip;
    this.media = media;
    this.says = says;
  }

  static async open(edge: EdgeAddress, options: MediaPeerOptions = {}): Promise<MediaPeer> {
    const host = options.sip?.host ?? '127.0.0.1';
    return new MediaPeer(new Peer(await SipSocket.open(options.sip), edge), await RtpStream.open({ host, ...options.media }), options.says);
  }

  /** The description of this end as it is now. */
  describe(change: Partial<SdpPlan> = {}): string {
    this.#version += 1;
    const { media } = this;
    return writeSdp({
      address: media.host, port: media.port, version: this.#version, formats: `${media.payloadType} 101`,
      ...this.says, ...change,
      lines: [...(media.offersMux && this.remote?.media[0]?.attributes.includes('rtcp-mux') !== false ? ['a=rtcp-mux'] : []), ...(this.says.lines ?? []), ...(change.lines ?? [])],
    });
  }

  /** Sends media where a description says. */
  follows(text: string): SdpText | null {
    if (text === '') return null;
    const sdp = readSdp(text);
    this.remote = sdp;
    const [audio] = sdp.media;
    if (audio === undefined) return sdp;
    this.media.to = audio.port === 0 ? null : { host: audio.address, port: audio.port };
    this.media.mux = this.media.offersMux && audio.attributes.includes('rtcp-mux');
    this.media.rtcpTo = audio.port !== 0 && !this.media.mux ? audio.rtcp : this.media.to;
    return sdp;
  }

  #options(sdp: string, headers: readonly string[]): { headers: readonly string[]; body: string } {
    return { headers: [...headers, ...(sdp === '' ? [] : ['Content-Type: application/sdp'])], body: sdp };
  }

  /** Begins a call; '' = without an offer. */
  async invite(uri: string, sdp = this.describe(), headers: readonly string[] = []): Promise<void> {
    this.callId = token();
    this.#uri = uri;
    this.#remoteTag = '';
    this.#routes = [];
    this.#cseq = 1;
    this.#inviteCseq = 1;
    await this.sip.send(this.sip.request('INVITE', uri, { callId: this.callId, fromTag: this.tag, ...this.#options(sdp, headers) }));
  }

  /** The next response of that status to a method of this call. */
  async hears(status: number, method = 'INVITE'): Promise<WithSdp> {
    const { message } = await this.sip.socket.waitFor(`${status} to ${method}`, (m) => m.status === status && m.method === method && callIdOf(m) === this.callId, patienceMs);
    if (toTagOf(message) !== '' && status < 300 && method === 'INVITE') {
      this.#remoteTag = toTagOf(message);
      const records = valuesOf(message, 'record-route');
      if (records.length > 0 && this.#cseq === this.#inviteCseq) this.#routes = records.toReversed();
      this.#uri = uriOf(headerOf(message, 'contact')) || this.#uri;
    }
    return { message, sdp: this.follows(message.body) };
  }

  /** Takes the INVITE that begins a call. */
  async isCalled(callId: string): Promise<WithSdp> {
    return this.isCalledBy(await this.sip.socket.waitFor('INVITE', (m) => m.status === 0 && m.method === 'INVITE' && callIdOf(m) === callId, patienceMs));
  }

  isCalledBy(received: Received): WithSdp {
    const { message } = received;
    this.callId = callIdOf(message);
    this.#invite = received;
    this.#remoteTag = paramOf(headerOf(message, 'from'), 'tag');
    this.#uri = uriOf(headerOf(message, 'contact'));
    this.#routes = valuesOf(message, 'record-route');
    this.#cseq = 100;
    return { message, sdp: this.follows(message.body) };
  }

  /** Answers the INVITE that came last. */
  answers(status: number, sdp = status === 183 || status === 200 ? this.describe() : '', headers: readonly string[] = []): void {
    if (this.#invite === null) throw new Error('no INVITE came');
    this.replies(this.#invite, status, sdp, headers);
  }

  replies(received: Received, status: number, sdp = '', headers: readonly string[] = []): void {
    this.sip.answer(received, status, { toTag: this.tag, ...this.#options(sdp, headers) });
  }

  async acknowledges(sdp = ''): Promise<void> {
    await this.sip.send(this.#within('ACK', this.#inviteCseq, sdp, []));
  }

  #within(method: string, cseq: number, sdp: string, headers: readonly string[]): string {
    return this.sip.request(method, this.#uri, {
      callId: this.callId, cseq, fromTag: this.tag, toTag: this.#remoteTag,
      ...this.#options(sdp, [...this.#routes.map((route) => `Route: ${route}`), ...headers]),
    });
  }

  /** A request inside the call. */
  async requests(method: string, sdp = '', headers: readonly string[] = []): Promise<void> {
    this.#cseq += 1;
    if (method === 'INVITE') this.#inviteCseq = this.#cseq;
    await this.sip.send(this.#within(method, this.#cseq, sdp, headers));
  }

  /** Takes the next request inside the call, of a method or of any of several. */
  async takes(methods: string | readonly string[], ms = patienceMs): Promise<WithSdp & { readonly received: Received }> {
    const wanted = [methods].flat();
    const received = await this.sip.socket.waitFor(wanted.join(' or '), (m) => m.status === 0 && wanted.includes(m.method) && callIdOf(m) === this.callId, ms);
    if (received.message.method === 'INVITE') this.#invite = received;
    return { received, message: received.message, sdp: this.follows(received.message.body) };
  }

  async close(): Promise<void> {
    await this.media.close();
    await this.sip.socket.close();
  }
}

/** What both ends of a call were told at its beginning. */
export interface Connected {
  readonly offer: SdpText | null;
  readonly answer: SdpText | null;
}

/** A call with the offer in the INVITE and the answer in the 200, ACK included. */
export async function connect(caller: MediaPeer, callee: MediaPeer, uri: string): Promise<Connected> {
  await caller.invite(uri);
  const { sdp: offer } = await callee.isCalled(caller.callId);
  callee.answers(200);
  const { sdp: answer } = await caller.hears(200);
  await caller.acknowledges();
  await callee.takes('ACK');
  return { offer, answer };
}

/** A new offer of one end and the answer of the other, in a re-INVITE or UPDATE. */
export async function renegotiate(from: MediaPeer, to: MediaPeer, offer = from.describe(), answer?: string, method: 'INVITE' | 'UPDATE' = 'INVITE'): Promise<Connected> {
  await from.requests(method, offer);
  const { received, sdp } = await to.takes(method);
  to.replies(received, 200, answer ?? to.describe());
  const heard = await from.hears(200, method);
  if (method === 'INVITE') {
    await from.acknowledges();
    await to.takes('ACK');
  }
  return { offer: sdp, answer: heard.sdp };
}

export async function hangUp(from: MediaPeer, to: MediaPeer): Promise<void> {
  await from.requests('BYE');
  const { received } = await to.takes('BYE');
  to.replies(received, 200);
  await from.hears(200, 'BYE');
}

/** What has not come so long after it was said does not come any more, however busy the machine is. */
export const lostMs = 5_000;

/** How much of what one end said the other one heard. */
export interface OneWay extends Hearing {
  readonly said: number;
  readonly lost: number;
}

/** Both ends talk until each has heard `packets` packets, and what is under way then has arrived or is taken for lost after `lostMs`. */
export async function converse(a: MediaPeer, b: MediaPeer, packets = 20, ms = patienceMs): Promise<{ readonly atA: OneWay; readonly atB: OneWay }> {
  const before = { a: a.media.mark, b: b.media.mark, saidA: a.media.sent, saidB: b.media.sent, seqA: a.media.sequence, seqB: b.media.sequence };
  a.media.talk();
  b.media.talk();
  try {
    await Promise.all([a.media.hears(b.media, packets, before.a, ms), b.media.hears(a.media, packets, before.b, ms)]);
  } finally {
    a.media.hush();
    b.media.hush();
  }
  const said = { a: a.media.sent - before.saidA, b: b.media.sent - before.saidB };
  const settled = (): boolean => a.media.hearing(b.media.ssrc, before.a, before.seqB).packets >= said.b && b.media.hearing(a.media.ssrc, before.b, before.seqA).packets >= said.a;
  await until('the last packets', lostMs, settled).catch(() => false);
  const oneWay = (to: RtpStream, from: RtpStream, since: number, count: number, firstSeq: number): OneWay => {
    const hearing = to.hearing(from.ssrc, since, firstSeq);
    return { ...hearing, said: count, lost: count - (hearing.packets - hearing.duplicates) };
  };
  return { atA: oneWay(a.media, b.media, before.a, said.b, before.seqB), atB: oneWay(b.media, a.media, before.b, said.a, before.seqA) };
}
