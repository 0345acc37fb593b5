/** Keep-alives of a peer that reads nothing: what would answer them must not pile up in our memory. */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { ManualClock } from '../../../dataplane/runtime/clock.ts';
import { TimerWheel } from '../../../dataplane/runtime/timer-wheel.ts';
import type { ConnectionEnvironment } from '../../../dataplane/transport/connection.ts';
import { ReceivedBy } from '../../../dataplane/transport/flow.ts';
import { defaultLimits, newTransportCounters } from '../../../dataplane/transport/settings.ts';
import { StreamConnection } from '../../../dataplane/transport/stream-connection.ts';
import { WebConnection } from '../../../dataplane/transport/web-connection.ts';
import { tcp, ws } from '../proxy/edge.ts';

const environment: ConnectionEnvironment = {
  wheel: new TimerWheel(new ManualClock(1_000)), counters: newTransportCounters(), limits: defaultLimits,
  receiver: { receive: () => undefined, fault: () => undefined }, closed: () => undefined,
};

/** A socket whose other end takes nothing. */
class StuckSocket extends Duplex {
  override _read(): void { /* What comes in is emitted. */ }

  override _write(): void { /* Never done. */ }

  setNoDelay(): this {
    return this;
  }
}

/** A WebSocket whose other end takes nothing. */
class StuckWeb extends EventEmitter {
  binaryType = '';
  bufferedAmount = 0;

  send(bytes: Buffer): void {
    this.bufferedAmount += bytes.length;
  }

  pong(bytes: Buffer): void {
    this.bufferedAmount += bytes.length;
  }
}

it('CRLF keep-alives on a stream', () => {
  const socket = new StuckSocket();
  expect(new StreamConnection(environment, new ReceivedBy(tcp, 4, '198.51.100.7', 5060, 1), 'x', socket as unknown as Socket, false).open).toBe(true);
  socket.emit('data', Buffer.from('\r\n\r\n'));
  expect(socket.writableLength).toBe(2);
  for (let n = 0; n < 10_000; n++) socket.emit('data', Buffer.from('\r\n\r\n'.repeat(4)));
  expect(socket.writableLength).toBeLessThan(5_000);
});

it('CRLF and ping keep-alives on a WebSocket', () => {
  const web = new StuckWeb();
  const connection = new WebConnection(environment, new ReceivedBy(ws, 4, '198.51.100.7', 5060, 2), 'y', web as unknown as WebSocket, new StuckSocket() as unknown as Socket);
  expect(connection.id).toBe(2);
  web.emit('ping', Buffer.alloc(125));
  expect(web.bufferedAmount).toBe(125);
  for (let n = 0; n < 10_000; n++) {
    web.emit('message', Buffer.from('\r\n\r\n'));
    web.emit('ping', Buffer.alloc(125));
  }
  expect(web.bufferedAmount).toBeLessThan(5_000);
});
