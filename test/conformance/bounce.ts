/** A backend that is itself a proxy and sends what it gets back to the edge: loops and spirals. */
import type { Peer } from '../harness/peer.ts';
import { answerTo, newBranch, targetOf, uriOf } from '../harness/sip-text.ts';
import type { Endpoint } from '../harness/sip-wires.ts';

export interface Bounce {
  /** The Request-URI to go on with; '' = the request is answered with 200 instead. */
  uriOf: (uri: string) => string;
  /** INVITEs that came. */
  count: number;
}

const topVia = /^Via: *([^\r\n]*)\r\n/im;

/** Lets `backend` send every INVITE back to `edge`, one hop less, and pass answers on by the Via below its own. */
export function bounceFrom(backend: Peer, edge: Endpoint): Bounce {
  const bounce: Bounce = { uriOf: () => '', count: 0 };
  const { socket } = backend;
  socket.onMessage = ({ message, reply }) => {
    if (message.status > 0) {
      const below = message.raw.replace(topVia, '');
      const via = topVia.exec(below)?.[1] ?? '';
      if (message.status === 100 || via === '') return;
      const sentBy = /^SIP\/2\.0\/\w+ +([^; ]+)/.exec(via)?.[1] ?? '';
      socket.send(below, targetOf(`sip:${sentBy}`)).catch(() => undefined);
      return;
    }
    if (message.method !== 'INVITE') return;
    bounce.count += 1;
    const uri = bounce.uriOf(message.uri);
    if (uri === '') {
      reply(answerTo(message, 200, 'OK', { toTag: 'bounced', headers: [`Contact: <${backend.uri}>`] }));
      return;
    }
    const forwards = Number(/^Max-Forwards: *(\d+)/im.exec(message.raw)?.[1] ?? 70) - 1;
    const [, rest = ''] = /^[^\r\n]*\r\n([\s\S]*)$/.exec(message.raw) ?? [];
    const text = rest.replace(/^Max-Forwards: *\d+/im, `Max-Forwards: ${forwards}`);
    socket.send(`INVITE ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP ${backend.hostPort};branch=${newBranch()}\r\n${text}`, edge).catch(() => undefined);
  };
  return bounce;
}

/** The URI in the first value of a header line, for scenarios that compare routes. */
export const routeUri = (line: string): string => uriOf(line.replace(/^[\w-]+: */, ''));
