/**
 * Waits for the sockets of a thread by an epoll of its own instead of in Node's loop. That loop's descriptor is among those
 * that end the wait: messages of other threads and connections are served at once. No wait is longer than that loop's own
 * would be: timers and immediates are not late for it. Without sockets nothing runs.
 */
import { constants, eventToken, eventWords, type SystemCalls } from './calls.ts';

/** A socket that is served here. */
export interface PolledSocket {
  readonly descriptor: number;
  /** Takes what has arrived, or some of it: what is left is told of again. @returns datagrams taken */
  readable(): number;
}

/** Somebody whose datagrams leave together at the end of a turn. */
export interface Outbox {
  /** @returns false = not done: the system does not take all of them now, or somebody is to hear of one in the next tick */
  flush(): boolean;
}

/** What a socket's datagrams bear: `prompt` ones are served at once, `patient` ones in groups where that saves work. */
export type Pace = 'prompt' | 'patient';

const maxEvents = 256;
/** How long patient packets keep the thread from the rest of its work. */
const stayMs = 2;
const busyWaitMs = 2;
/** The longest wait. Node's loop begins to watch a descriptor in its own turn only: what came to be watched just before is noticed after this. */
const idleWaitMs = 20;
/** Until what the system did not take is offered again. */
const retryMs = 1;
/** The longest that a timer can run, about 25 days. */
const foreverMs = 2 ** 31 - 1;
/**
 * From so many packets a millisecond on, patient packets are served in groups: waking up for each of them costs as much as
 * forwarding it. They wait half a millisecond at most, as long as a network card that moderates its interrupts lets them wait.
 */
const gatherFromPerMs = 4;
const gatherMicros = 500;
/** Larger groups need no help. */
const gatherUpTo = 64;
const minLooks = 100;
/** Number of Node's loop among the sockets. */
const loopToken = 0;

export class Poll {
  readonly #calls: SystemCalls;
  readonly #poll: number;
  readonly #events = new Int32Array(maxEvents * eventWords);
  readonly #eventsAt: bigint;
  readonly #added = new Int32Array(eventWords);
  readonly #sockets: (PolledSocket | null)[] = [null];
  readonly #tokens = new Map<PolledSocket, number>();
  readonly #freeTokens: number[] = [];
  readonly #prompt = new Set<PolledSocket>();
  readonly #outboxes: Outbox[] = [];
  readonly #turn = (): void => this.#run();
  /** The next turn. */
  #next: NodeJS.Immediate | null = null;
  /** A loop that nothing keeps alive does not say how long it would wait. */
  #alive: NodeJS.Timeout | null = null;
  #idle = false;
  #gathers = false;
  #loopDue = false;
  #now = performance.now();
  #busy = 0;
  #measuredFrom = this.#now;

  /** @throws when the system gives no epoll */
  constructor(calls: SystemCalls) {
    this.#calls = calls;
    this.#eventsAt = calls.pointer(this.#events);
    this.#poll = calls.epollCreate(constants.closeOnExec);
    if (this.#poll < 0 || !this.#add(calls.loopDescriptor(), loopToken)) throw new Error('the system gives no epoll');
  }

  /** Serves a socket until `forget`. @returns false = the system refused it */
  watch(socket: PolledSocket, pace: Pace): boolean {
    const token = this.#freeTokens.pop() ?? this.#sockets.length;
    this.#sockets[token] = null;
    if (!this.#add(socket.descriptor, token)) {
      this.#freeTokens.push(token);
      return false;
    }
    this.#sockets[token] = socket;
    // Without sockets nobody was kept waiting.
    if (this.#tokens.size === 0) this.#now = performance.now();
    this.#tokens.set(socket, token);
    if (pace === 'prompt') this.#prompt.add(socket);
    this.#alive ??= setInterval(() => undefined, foreverMs);
    this.#next ??= setImmediate(this.#turn);
    return true;
  }

  /** Serves a socket no more; closing its descriptor is the caller's, right after this. */
  forget(socket: PolledSocket): void {
    const token = this.#tokens.get(socket);
    if (token === undefined) return;
    this.#sockets[token] = null;
    this.#tokens.delete(socket);
    this.#prompt.delete(socket);
    this.#freeTokens.push(token);
    if (this.#tokens.size > 0 || this.#alive === null) return;
    clearInterval(this.#alive);
    this.#alive = null;
  }

  /** Flushes an outbox at the end of each turn. */
  addOutbox(outbox: Outbox): void {
    this.#outboxes.push(outbox);
  }

  removeOutbox(outbox: Outbox): void {
    const at = this.#outboxes.indexOf(outbox);
    if (at !== -1) this.#outboxes.splice(at, 1);
  }

  /** Milliseconds of the thread's monotonic clock, as of the datagrams that are being served. */
  now(): number {
    return this.#now;
  }

  /** How long something that came at any time since the last question had to wait for the thread, in milliseconds on average. */
  delay(): number {
    const now = performance.now();
    const delay = this.#busy / Math.max(1, now - this.#measuredFrom);
    this.#busy = 0;
    this.#measuredFrom = now;
    return delay;
  }

  /**
   * Serves what has arrived, or arrives within `waitMs`; Node's loop ends the wait too. Not from inside of `readable`.
   * @returns datagrams served
   */
  serve(waitMs: number): number {
    const worked = performance.now() - this.#now;
    this.#busy += worked * worked / 2;
    const count = this.#calls.epollWait(this.#poll, this.#eventsAt, maxEvents, waitMs);
    this.#now = performance.now();
    this.#loopDue = false;
    let served = 0;
    for (let i = 0; i < count; i++) {
      const token = this.#events[i * eventWords + eventToken] ?? loopToken;
      if (token === loopToken) this.#loopDue = true;
      else served += this.#sockets[token]?.readable() ?? 0;
    }
    return served;
  }

  /**
   * Serves until `done`, for a self-test: no longer than `limitMs` when nothing comes, but not without having looked often, as
   * a machine under load may keep the thread that long.
   */
  serveUntil(done: () => boolean, limitMs: number): void {
    const until = performance.now() + limitMs;
    // Node's loop may have something to do at any time, which ends a wait early.
    for (let looks = 0; !done() && (looks < minLooks || performance.now() < until); looks++) this.serve(1);
  }

  #run(): void {
    if (this.#tokens.size === 0) {
      this.#next = null;
      return;
    }
    // First of all: what somebody throws at a datagram is not the end of all others, and immediates that come later run before the next wait.
    this.#next = setImmediate(this.#turn);
    if (this.#prompt.size > 0) this.#serveAtOnce(this.#next);
    else this.#serveInGroups(this.#next);
  }

  #serveAtOnce(next: NodeJS.Immediate): void {
    // What timers and other threads' messages made us send since the last turn.
    const done = this.#flush();
    this.serve(Math.min(done ? idleWaitMs : retryMs, this.#leisureMs(next)));
    this.#flush();
  }

  #serveInGroups(next: NodeJS.Immediate): void {
    const began = this.#now;
    const until = performance.now() + stayMs;
    let served = this.serve(Math.min(this.#idle ? idleWaitMs : busyWaitMs, this.#leisureMs(next)));
    let total = served;
    this.#idle = served === 0;
    while (served > 0 && !this.#loopDue && this.#now < until) {
      if (this.#gathers && served < gatherUpTo) this.#calls.usleep(gatherMicros);
      served = this.serve(busyWaitMs);
      total += served;
    }
    this.#gathers = total > gatherFromPerMs * (this.#now - began);
  }

  /** How long nobody else of this thread has anything to do. */
  #leisureMs(next: NodeJS.Immediate): number {
    // The last wait ended for Node's loop. What its callbacks began to watch does not end ours yet.
    if (this.#loopDue) return 0;
    // Our own turn is not meant.
    next.unref();
    const waitMs = this.#calls.loopWaitMs();
    next.ref();
    return waitMs < 0 ? foreverMs : waitMs;
  }

  #flush(): boolean {
    let done = true;
    for (const outbox of this.#outboxes) done = outbox.flush() && done;
    return done;
  }

  #add(descriptor: number, token: number): boolean {
    this.#added[0] = constants.pollIn;
    this.#added[eventToken] = token;
    return this.#calls.epollControl(this.#poll, constants.pollAdd, descriptor, this.#calls.pointer(this.#added)) === 0;
  }
}

const polls = new WeakMap<SystemCalls, Poll>();

/**
 * The one poll of a thread: two would wait in turn, each for its own sockets.
 * @throws when the system gives no epoll
 */
export function pollOf(calls: SystemCalls): Poll {
  const known = polls.get(calls) ?? new Poll(calls);
  polls.set(calls, known);
  return known;
}
