/** Clients that go in the middle of the HTTP upgrade: nobody listens to the socket then but the door. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RawStream } from '../../harness/raw-stream.ts';
import { listen, message, Station, until } from './peers.ts';
import { identity, tlsParts } from './tls-peers.ts';

const tls = tlsParts([identity('row:default', 'edge.example')]);
/** What would end a worker. */
const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);
let others: NodeJS.UncaughtExceptionListener[] = [];
beforeEach(() => {
  others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', note);
});
afterEach(() => {
  process.removeAllListeners('uncaughtException');
  for (const one of others) process.on('uncaughtException', one);
  uncaught.length = 0;
});

const upgrade = (more: string): string =>
  `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`;
const sip = upgrade('Sec-WebSocket-Protocol: sip\r\n');
/** A frame with a reserved bit set, a control frame that is too long, one that is not masked. */
const broken = ['\xf1\x80\0\0\0\0', '\x89\xfe\0\xff\0\0\0\0', '\x81\x00'];

test.each((['ws', 'wss'] as const).flatMap((transport) => (['resets', 'closes'] as const).flatMap((end) => [
  ...broken.map((frame, i) => [transport, end, `an upgrade and broken frame ${i + 1}`, sip + frame] as const),
  [transport, end, 'an upgrade without the subprotocol', upgrade('')] as const, [transport, end, 'a request that is none', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'] as const,
  [transport, end, 'no HTTP', message()] as const, [transport, end, 'a wrong version', sip.replace('Version: 13', 'Version: 12')] as const,
])))('over %s a client that %s behind %s hurts nobody', async (transport, end, _, bytes) => {
  const station = await new Station().open([listen(transport)], {}, tls);
  const { transports: { counters }, listener } = station;
  const raw = connect(listener.port, listener.address);
  await once(raw, 'connect');
  const peer = RawStream.of(transport === 'ws' ? raw : connectTls({ socket: raw, rejectUnauthorized: false }));
  if (transport === 'wss') await once(peer.socket, 'secureConnect');
  // With the tickets of the handshake unread, a close resets, too.
  peer.socket.write(bytes, 'latin1', () => { if (end === 'resets') raw.resetAndDestroy(); else raw.destroy(); });
  // Accepted behind it, so that what came before has been dealt with when it is answered.
  const next = RawStream.of(transport === 'ws' ? connect(listener.port, listener.address) : connectTls({ host: listener.address, port: listener.port, rejectUnauthorized: false }));
  next.write(sip);
  await until('the next upgrade', () => next.text.includes('101 Switching'));
  next.socket.destroy();
  await until('the end of both', () => station.transports.connectionCount === 0);
  await station.transports.close();
  expect(counters.connectionsAccepted).toBe(2);
  expect(uncaught).toEqual([]);
});
