/**
 * The few system calls that datagrams need, made straight from JavaScript by node:ffi: receiving and sending one costs little
 * more than the kernel takes, where node:dgram allocates a buffer, an address, a request and several closures for each.
 * Linux on x64 and arm64 with a runtime that has node:ffi; null elsewhere. Memory that is handed to the kernel belongs to
 * objects that live as long as the sockets, and every length is that of its array.
 */
import type * as Ffi from 'node:ffi';

/** How sockets are served: by plain system calls where the runtime can make them, else by node:dgram. */
export type SocketKind = 'system calls' | 'node:dgram';

export interface SystemCalls {
  socket(family: number, type: number, protocol: number): number;
  bind(socket: number, address: bigint, bytes: number): number;
  connect(socket: number, address: bigint, bytes: number): number;
  /** Writes the bound address; `bytes` points to the room for it, and is set to what it took. */
  getsockname(socket: number, address: bigint, bytes: bigint): number;
  close(descriptor: number): number;
  setsockopt(socket: number, level: number, option: number, value: bigint, bytes: number): number;
  /** @returns bytes; below 0 = nothing there */
  recvmsg(socket: number, message: bigint, flags: number): number;
  /** @returns bytes; below 0 = not taken */
  sendmsg(socket: number, message: bigint, flags: number): number;
  /** @returns datagrams; below 0 = none */
  recvmmsg(socket: number, messages: bigint, count: number, flags: number): number;
  /** @returns datagrams taken; below 0 = not even the first */
  sendmmsg(socket: number, messages: bigint, count: number, flags: number): number;
  epollCreate(flags: number): number;
  epollControl(poll: number, operation: number, descriptor: number, event: bigint): number;
  epollWait(poll: number, events: bigint, count: number, timeoutMs: number): number;
  usleep(micros: number): number;
  /** @param name ends with a 0. @returns 0 = no interface of that name */
  interfaceNumber(name: bigint): number;
  /** @param name room for 16 bytes. @returns 0 = no interface of that number */
  interfaceName(number: number, name: bigint): bigint;
  /** Number of the error of the call before this one. */
  errno(): number;
  /** Descriptor that turns readable when something comes that Node's own loop of this thread watches. */
  loopDescriptor(): number;
  /** Milliseconds that this loop would wait now: 0 = callbacks are due, or nothing keeps it alive; below 0 = no timer runs. */
  loopWaitMs(): number;
  /** Address of an array's memory: it must outlive each use. */
  pointer(memory: NodeJS.ArrayBufferView): bigint;
}

export const constants = {
  inet: 2, inet6: 10, datagram: 2, nonblocking: 0o4000, closeOnExec: 0o2000000,
  socketLevel: 1, sendBytes: 7, receiveBytes: 8, reusePort: 15, ipv6Level: 41, ipv6Only: 26,
  dontWait: 0x40, noSignal: 0x4000, pollIn: 1, pollAdd: 1,
} as const;

/** Words of struct epoll_event: packed on x64 only. */
export const eventWords = process.arch === 'x64' ? 3 : 4;
/** Which of them bears our number. */
export const eventToken = process.arch === 'x64' ? 1 : 2;

const int = 'int32';
const count = 'uint32';
/** No time-out. */
const none = 0n;

let own: SystemCalls | null | undefined;

/** The calls of this thread. @returns null = this platform or runtime cannot make them, or they are not wanted */
export const systemCalls = (): SystemCalls | null => (own === undefined ? (own = load()) : own);

/** Says before the first use in a thread whether system calls are wanted. */
export function useSystemCalls(wanted: boolean): void {
  own = wanted ? undefined : null;
}

function load(): SystemCalls | null {
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) return null;
  const ffi = loadQuietly();
  if (ffi === null) return null;
  try {
    const { functions: calls } = ffi.dlopen(null, {
      socket: { arguments: [int, int, int], return: int },
      bind: { arguments: [int, 'pointer', int], return: int },
      connect: { arguments: [int, 'pointer', int], return: int },
      getsockname: { arguments: [int, 'pointer', 'pointer'], return: int },
      close: { arguments: [int], return: int },
      setsockopt: { arguments: [int, int, int, 'pointer', int], return: int },
      recvmsg: { arguments: [int, 'pointer', int], return: int },
      sendmsg: { arguments: [int, 'pointer', int], return: int },
      recvmmsg: { arguments: [int, 'pointer', count, int, 'pointer'], return: int },
      sendmmsg: { arguments: [int, 'pointer', count, int], return: int },
      epoll_create1: { arguments: [int], return: int },
      epoll_ctl: { arguments: [int, int, int, 'pointer'], return: int },
      epoll_wait: { arguments: [int, 'pointer', int, int], return: int },
      usleep: { arguments: [count], return: int },
      if_nametoindex: { arguments: ['pointer'], return: count },
      if_indextoname: { arguments: [count, 'pointer'], return: 'pointer' },
      __errno_location: { arguments: [], return: 'pointer' },
      uv_backend_fd: { arguments: ['pointer'], return: int },
      uv_backend_timeout: { arguments: ['pointer'], return: int },
      uv_update_time: { arguments: ['pointer'], return: 'void' },
    });
    const loop = ffi.getCurrentEventLoop();
    const errnoAt = calls.__errno_location();
    return {
      socket: calls.socket, bind: calls.bind, connect: calls.connect, getsockname: calls.getsockname, close: calls.close, setsockopt: calls.setsockopt, recvmsg: calls.recvmsg, sendmsg: calls.sendmsg,
      recvmmsg: (socket, messages, most, flags) => calls.recvmmsg(socket, messages, most, flags, none), sendmmsg: calls.sendmmsg,
      errno: () => ffi.getInt32(errnoAt),
      epollCreate: calls.epoll_create1, epollControl: calls.epoll_ctl, epollWait: calls.epoll_wait, usleep: calls.usleep,
      interfaceNumber: calls.if_nametoindex, interfaceName: calls.if_indextoname,
      loopDescriptor: () => calls.uv_backend_fd(loop),
      loopWaitMs: () => {
        calls.uv_update_time(loop);
        return calls.uv_backend_timeout(loop);
      },
      pointer: (memory) => ffi.getRawPointer(memory),
    };
  } catch {
    // A runtime that exports less, or that was started without the permission: node:dgram does it all.
    return null;
  }
}

/** Loads node:ffi without its line about being experimental: the runtime is pinned, and whatever differs is found by the self-test. */
function loadQuietly(): typeof Ffi | null {
  const emitWarning: unknown = Reflect.get(process, 'emitWarning');
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:ffi') ?? null;
  } catch {
    return null;
  } finally {
    Reflect.set(process, 'emitWarning', emitWarning);
  }
}
