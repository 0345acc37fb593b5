import { constants, type SystemCalls } from './calls.ts';
import { socketAddressBytes, writeSocketAddress } from './socket-address.ts';

export interface BindSettings {
  readonly family: 4 | 6;
  /** Without brackets or zone. */
  readonly address: string;
  /** 0 = any free one. */
  readonly port: number;
  /** Sockets of other workers may have the same port, and share what comes. */
  readonly reusePort?: boolean;
  /** Wishes: the system may give less. */
  readonly receiveBytes?: number;
  readonly sendBytes?: number;
}

export interface BoundSocket {
  readonly descriptor: number;
  readonly port: number;
}

/** Room for an option, a length or an address while the system reads or writes it. */
const word = new Int32Array(1);
const name = Buffer.allocUnsafeSlow(socketAddressBytes(6));

/**
 * Opens a UDP socket that never blocks, and binds it. IPv6 sockets carry IPv6 only, so that both families can have one port.
 * @returns null = the system refused it, or the address is none of the family; nothing is left open
 */
export function bindUdp(calls: SystemCalls, settings: BindSettings): BoundSocket | null {
  const { family, reusePort = false, receiveBytes = 0, sendBytes = 0 } = settings;
  if (!writeSocketAddress(name, family, settings)) return null;
  const descriptor = calls.socket(family === 4 ? constants.inet : constants.inet6, constants.datagram | constants.nonblocking | constants.closeOnExec, 0);
  if (descriptor < 0) return null;
  const at = (value: number): bigint => {
    word[0] = value;
    return calls.pointer(word);
  };
  const set = (level: number, option: number, value: number): boolean => calls.setsockopt(descriptor, level, option, at(value), 4) === 0;
  const bound = (family === 4 || set(constants.ipv6Level, constants.ipv6Only, 1))
    && (!reusePort || set(constants.socketLevel, constants.reusePort, 1))
    && calls.bind(descriptor, calls.pointer(name), socketAddressBytes(family)) === 0
    && calls.getsockname(descriptor, calls.pointer(name), at(socketAddressBytes(family))) === 0;
  if (!bound) {
    calls.close(descriptor);
    return null;
  }
  if (receiveBytes > 0) set(constants.socketLevel, constants.receiveBytes, receiveBytes);
  if (sendBytes > 0) set(constants.socketLevel, constants.sendBytes, sendBytes);
  return { descriptor, port: name.readUInt16BE(2) };
}
