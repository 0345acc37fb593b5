/** An edge whose media threads answer when the test says so. */
import type { MediaDoor } from '../../../dataplane/media/door.ts';
import type { PassageOutcome, SdpPassage } from '../../../dataplane/media/passage.ts';
import { standardForbidden } from '../../../dataplane/forbidden-setting.ts';
import type { Listener } from '../../../dataplane/transport/flow.ts';
import { answerTo, Edge, request, tcp, udp, world, type Sent, type World } from './edge.ts';

export const phone = ['198.51.100.7', 5060] as const;
export const backend = ['10.0.0.1', 5060] as const;
export const sdp = (who: string): string => `v=0\r\no=- 1 1 IN IP4 ${who}\r\ns=-\r\nc=IN IP4 ${who}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n`;

/** Media threads that answer when the test says so. */
export class Threads implements MediaDoor {
  readonly open = true;
  readonly passed: SdpPassage[] = [];
  readonly ended: [session: string, calleeTag: string][] = [];
  /** Of the session that ended last. */
  declined = false;
  readonly accepted: [session: string, calleeTag: string][] = [];
  readonly rejections: [session: string, calleeTag: string, fromCaller: boolean][] = [];
  #waiting: ((outcome: PassageOutcome) => void)[] = [];
  #sessions = 0;

  newSession(): string {
    return `session-000${++this.#sessions}`.slice(-12);
  }

  pass(passage: SdpPassage, done: (outcome: PassageOutcome) => void): void {
    this.passed.push(passage);
    this.#waiting.push(done);
  }

  answered(session: string, calleeTag: string): void {
    this.accepted.push([session, calleeTag]);
  }

  rejected(session: string, calleeTag: string, fromCaller: boolean): void {
    this.rejections.push([session, calleeTag, fromCaller]);
  }

  end(session: string, calleeTag: string, declined = false): void {
    this.ended.push([session, calleeTag]);
    this.declined = declined;
  }

  /** Answers the oldest passage that waits, or number `at` of those. */
  answer(outcome: PassageOutcome | string, at = 0): void {
    const [done] = this.#waiting.splice(at, 1);
    if (done === undefined) throw new Error('no passage waits');
    done(typeof outcome === 'string' ? { t: 'edited', sdp: outcome } : outcome);
  }
}

export function start(options: World = {}, media: 'relay' | 'auto' | 'direct' = 'relay', listeners: readonly Listener[] = [udp, tcp]): { edge: Edge; threads: Threads } {
  const threads = new Threads();
  return { threads, edge: new Edge(world({ ...options, policies: { media, ...options.policies } }), undefined, listeners, standardForbidden, threads) };
}

/** The message with a body. */
export const withBody = (text: string, body: string): string =>
  text.replace('Content-Length: 0\r\n\r\n', `Content-Type: application/sdp\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
export const invite = (more: Parameters<typeof request>[1] = {}): string => withBody(request('INVITE', more), sdp('198.51.100.7'));
export const bodyOf = ({ message }: Sent): string => message.raw.slice(message.bodyStart);
export const session = 'session-0001';
export const udp6: Listener = { ...udp, id: 2, family: 6, address: '2001:db8::1', advertisedHost: '[2001:db8::1]', hostPort: '[2001:db8::1]:5060' };

/** A call whose INVITE has reached its backend. */
export function ringing(options: World = {}): { edge: Edge; threads: Threads; sent: Sent } {
  const { edge, threads } = start(options);
  edge.receive(invite(), ...phone);
  threads.answer(sdp('192.0.2.1'));
  return { edge, threads, sent: edge.one() };
}

/** The same call, answered. */
export function up(): { edge: Edge; threads: Threads; sent: Sent; route: string } {
  const { edge, threads, sent } = ringing();
  edge.receive(withBody(answerTo(sent, 200, 'callee', 'Contact: <sip:1001@10.0.0.1:5060>\r\n'), sdp('10.0.0.1')), ...backend);
  threads.answer(sdp('192.0.2.1'));
  edge.take();
  return { edge, threads, sent, route: `Route: ${sent.message.header('record-route') ?? ''}\r\n` };
}
