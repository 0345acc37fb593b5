import { createSocket, type Socket } from 'node:dgram';
import { err, ok, type Result } from '../contract/result.ts';
import { literalLookup } from '../system/literal-lookup.ts';
import { normalizeAddress } from './addresses.ts';
import type { SendOwner } from './flow.ts';
import { codeOf, ListenError } from './listen-error.ts';
import type { ListenerSettings, TransportLimits } from './settings.ts';
import { discardPort, whenQuiet, type UdpReader, type UdpSocket } from './udp-socket.ts';

const slabBytes = 128 * 1024;

/**
 * A UDP socket of node:dgram. Datagrams are written into a slab and sent from there: `send` nearly always hands them to the
 * kernel before it returns, so the slab is reused unless the socket's queue holds some (bench/micro/udp.ts).
 */
export class NodeUdpSocket implements UdpSocket {
  readonly kind = 'node:dgram';
  readonly port: number;
  readonly #socket: Socket;
  readonly #reader: UdpReader;
  readonly #queueBytes: number;
  #slab = Buffer.allocUnsafeSlow(slabBytes);
  #used = 0;
  #congested = false;
  #received = 0;

  private constructor(socket: Socket, reader: UdpReader, queueBytes: number) {
    this.port = socket.address().port;
    this.#socket = socket;
    this.#reader = reader;
    this.#queueBytes = queueBytes;
    socket.on('message', (data, { address, port }) => {
      this.#received++;
      reader.received(data.toString('latin1'), address.startsWith('::ffff:') ? normalizeAddress(address) : address, port);
    });
    socket.on('error', () => reader.receiveFailed());
  }

  /** Binds a socket. IPv6 sockets carry IPv6 only, so that both families can have one port. */
  static open(settings: ListenerSettings, reader: UdpReader, limits: TransportLimits): Promise<Result<NodeUdpSocket, ListenError>> {
    return new Promise((resolve) => {
      const socket = createSocket({
        type: settings.family === 6 ? 'udp6' : 'udp4',
        ipv6Only: settings.family === 6,
        reusePort: settings.reusePort,
        recvBufferSize: limits.udpReceiveBytes,
        sendBufferSize: limits.udpSendBytes,
        lookup: literalLookup,
      });
      const refused = (error: unknown): void => {
        socket.removeAllListeners();
        socket.close();
        resolve(err(new ListenError(settings, codeOf(error))));
      };
      socket.once('error', refused);
      socket.once('listening', () => {
        socket.removeListener('error', refused);
        resolve(ok(new NodeUdpSocket(socket, reader, limits.udpQueueBytes)));
      });
      socket.bind({ address: settings.address, port: settings.port, exclusive: true });
    });
  }

  send(text: string, address: string, port: number, owner: SendOwner | null): boolean {
    if (!this.#admit(text.length)) return false;
    const end = this.#used + text.length;
    this.#slab.write(text, this.#used, text.length, 'latin1');
    const view = this.#slab.subarray(this.#used, end);
    this.#used = end;
    if (owner === null) this.#socket.send(view, port, address);
    else this.#socket.send(view, port, address, (error) => { if (error !== null) this.#reader.sendFailed(codeOf(error), address, port, owner); });
    return true;
  }

  /** Each turn of the loop reads the socket until it is empty, or 32 datagrams. */
  retire(self: string): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.connect(discardPort, self, () => resolve(whenQuiet(() => this.#received)));
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => { this.#socket.close(resolve); });
  }

  /** Finds room in the slab; false = the socket does not keep up. */
  #admit(length: number): boolean {
    if (this.#used + length > slabBytes || this.#congested) {
      const waiting = this.#socket.getSendQueueSize();
      if (waiting > this.#queueBytes) {
        this.#congested = true;
        return false;
      }
      this.#congested = false;
      // Datagrams in the queue still refer to the old slab.
      if (waiting > 0) this.#slab = Buffer.allocUnsafeSlow(slabBytes);
      this.#used = 0;
    }
    return true;
  }
}
