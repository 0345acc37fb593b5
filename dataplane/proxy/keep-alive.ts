/** Keep-alives towards registered phones, from the very socket that their NAT knows (RFC 5626 §3.5.1, in the other direction). */
import type { Binding } from '../registrations/binding.ts';
import { siphash24 } from '../security/siphash.ts';
import type { SipMessage } from '../sip/message.ts';
import { Address } from '../transport/flow.ts';
import type { ProxyEnvironment } from './environment.ts';

/** Its answers need nobody's attention. */
const branchHead = 'z9hG4bKsbka';

/** Sends one to each phone; nobody waits for an answer, a phone that is gone lets its registration run out. */
export function sendKeepAlives(env: ProxyEnvironment, method: 'crlf' | 'options', phones: readonly Binding[]): void {
  for (const phone of phones) {
    const listener = env.listener(phone.listener) ?? env.publicListener(phone.transport, phone.family);
    if (listener === null || listener.transport !== phone.transport || listener.family !== phone.family) continue;
    env.counters.add('keepalives_sent_total');
    env.sender.send(new Address(phone.transport, phone.family, phone.address, phone.port, listener), method === 'crlf' ? '\r\n\r\n' : optionsTo(env, phone, env.identity.hostPort(listener, phone.address)), null);
  }
}

function optionsTo(env: ProxyEnvironment, { aor, contact }: Binding, own: string): string {
  const id = siphash24(env.keys.signing.branch, `keep-alive ${aor} ${contact} ${Math.floor(env.clock.now())}`);
  return `OPTIONS ${contact} SIP/2.0\r\nVia: SIP/2.0/UDP ${own};branch=${branchHead}${id};rport\r\nMax-Forwards: 1\r\n`
    + `From: <sip:${own}>;tag=${id}\r\nTo: <sip:${aor}>\r\nCall-ID: keep-alive-${id}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`;
}

/** Whether a response answers one of them. */
export const answersKeepAlive = (response: SipMessage): boolean => response.topVia?.branch.startsWith(branchHead) === true;
