/** A backend that answers OPTIONS on loopback, over UDP or TCP, as a test tells it to. */
import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { parseMessage } from '../../../dataplane/sip/parse.ts';
import { buildResponse } from '../../../dataplane/sip/responses.ts';

/** What the responder does with the next probe: a status, silence, or bytes that are no answer. */
export type Answer = number | 'silence' | 'garbage' | 'hang-up' | 'trying';

export interface Responder {
  readonly port: number;
  /** OPTIONS requests as they came, retransmissions included. */
  readonly received: string[];
  answer: Answer;
  /** Told when the system has taken an answer. */
  answered?: () => void;
  close(): Promise<void>;
}

function replyTo(text: string, answer: Answer): string | null {
  if (answer === 'silence' || answer === 'hang-up') return null;
  if (answer === 'garbage') return 'HTTP/1.1 400 Bad Request\r\n\r\n';
  const parsed = parseMessage(text);
  if (!parsed.ok) throw new Error(`the probe is malformed: ${parsed.reason}`);
  return answer === 'trying' ? buildResponse(parsed.message, 100, 'Trying') : buildResponse(parsed.message, answer, 'Test', { toTag: 'responder' });
}

export async function udpResponder(address = '127.0.0.1', port = 0): Promise<Responder> {
  const socket: UdpSocket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.bind(port, address);
  await once(socket, 'listening');
  let closed: Promise<void> | undefined;
  const responder: Responder = {
    port: socket.address().port, received: [], answer: 200,
    close: () => {
      closed ??= new Promise((resolve) => { socket.close(() => resolve()); });
      return closed;
    },
  };
  socket.on('message', (data, from) => {
    const text = data.toString('latin1');
    responder.received.push(text);
    const reply = replyTo(text, responder.answer);
    if (reply !== null) socket.send(Buffer.from(reply, 'latin1'), from.port, from.address, () => responder.answered?.());
  });
  return responder;
}

export async function tcpResponder(address = '127.0.0.1'): Promise<Responder> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.setEncoding('latin1');
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (text: string) => {
      responder.received.push(text);
      if (responder.answer === 'hang-up') socket.end();
      const reply = replyTo(text, responder.answer);
      if (reply === null) return;
      // In two pieces: a stream keeps no boundaries.
      socket.write(reply.slice(0, 20), 'latin1', () => socket.write(reply.slice(20), 'latin1', () => responder.answered?.()));
    });
  });
  server.listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  const responder: Responder = {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0, received: [], answer: 200,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
  return responder;
}

/** A UDP port that nobody listens on. */
export async function closedPort(): Promise<number> {
  const responder = await udpResponder();
  await responder.close();
  return responder.port;
}
