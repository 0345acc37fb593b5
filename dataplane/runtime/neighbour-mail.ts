/**
 * Mail between the SIP workers of this node, and between them and those of the process before or behind: messages that came
 * to the wrong one, sends over somebody else's connection, ends of calls. Siblings have a port to each other; mail for other
 * processes goes by the main thread. Mail from one worker to another keeps its order.
 */
import { branchWorker } from '../security/tokens.ts';
import type { Passage } from '../calls/anchor.ts';
import type { CallEntry } from '../calls/table.ts';
import type { Neighbours } from '../proxy/neighbours.ts';
import type { MediaAsk, MediaReply } from '../media/messages.ts';
import type { SipMessage } from '../sip/message.ts';
import type { Elsewhere } from '../transaction/elsewhere.ts';
import { Address, ReceivedBy, type Family, type Flow, type SendOwner, type Target, type TransportName } from '../transport/flow.ts';
import { RemoteOwner } from './remote-owner.ts';
import type { AliasNotice } from '../transport/aliases.ts';
import type { Transports } from '../transport/transports.ts';
import type { KeySet } from './key-set.ts';
import type { TransactionDirectory } from './transaction-directory.ts';

export type Mail =
  /** A message with the way it came; `tried` = who has been asked (see `tried`). */
  | { readonly k: 'message'; readonly tried: number; readonly raw: string; readonly listener: number; readonly transport: TransportName; readonly family: Family; readonly address: string; readonly port: number; readonly connection: number }
  | { readonly k: 'send'; readonly n: number; readonly transport: TransportName; readonly family: Family; readonly address: string; readonly port: number; readonly connection: number; readonly text: string }
  | { readonly k: 'failed'; readonly n: number; readonly detail: string }
  | { readonly k: 'callEnded'; readonly dialog: string; readonly passage: Passage | null }
  | { readonly k: 'alias'; readonly notice: AliasNotice }
  /** To the next process: calls that are its own from now on. */
  | { readonly k: 'calls'; readonly entries: readonly CallEntry[] }
  /** To the next process: calls that are being set up here, by tenant, and the end of one of them. */
  | { readonly k: 'reserved'; readonly tenants: readonly (readonly [number, number])[] }
  | { readonly k: 'released'; readonly tenant: number }
  /** To the next process, which has the media sessions; and its answer. */
  | { readonly k: 'media'; readonly ask: MediaAsk }
  | { readonly k: 'mediaReply'; readonly reply: MediaReply };

export const ownersPerGeneration = 64;
/** Generations follow each other in a circle: so many processes at a time can tell each other apart. */
export const generations = 4;

/** Who a message has been offered to already. */
const tried = { siblings: 1, former: 2 } as const;

/** Sends whose failure may still come back; the oldest are forgotten, their transactions end by their timers. */
const maxAwaited = 10_000;
const callsPerMail = 500;

/** The workers of another process. */
export interface OtherProcess {
  readonly generation: number;
  readonly workers: number;
}

/** What arrives in the mail for the rest of the worker. */
export interface MailReader {
  message(raw: string, flow: Flow): void;
  /** @returns whether the call was known */
  callEnded(dialog: string, passage: Passage | null): boolean;
  calls(entries: readonly CallEntry[]): void;
  reserved(tenants: readonly (readonly [number, number])[]): void;
  released(tenant: number): void;
  media(ask: MediaAsk, reply: (reply: MediaReply) => void): void;
  mediaReply(reply: MediaReply): void;
}

export class NeighbourMail implements Neighbours, Elsewhere {
  readonly #generation: number;
  readonly #worker: number;
  readonly #workers: number;
  readonly #directory: TransactionDirectory | null;
  readonly #post: (to: number, mail: Mail) => void;
  readonly #awaited = new Map<number, SendOwner>();
  #former: OtherProcess | null = null;
  /** What the former process still has; null = everything may be its own. */
  #formerKeys: KeySet | null = null;
  #successor: OtherProcess | null = null;
  /** Of the message that is being worked on. */
  #tried = 0;
  #last = 0;

  /**
   * @param directory of the siblings' transactions, null without siblings
   * @param post hands mail to an owner
   */
  constructor(self: OtherProcess & { readonly worker: number }, directory: TransactionDirectory | null, post: (to: number, mail: Mail) => void) {
    this.#generation = self.generation;
    this.#worker = self.worker;
    this.#workers = self.workers;
    this.#directory = directory;
    this.#post = post;
  }

  /** The process that this one replaces lives: `keys` of its transactions, null while they are not known. */
  setFormer(former: OtherProcess | null, keys: KeySet | null): void {
    this.#former = former;
    this.#formerKeys = keys;
  }

  /** Whatever is not of this worker's own transactions goes to that process from now on. */
  setSuccessor(successor: OtherProcess): void {
    this.#successor = successor;
  }

  has(owner: number): boolean {
    const generation = Math.floor(owner / ownersPerGeneration);
    const worker = owner % ownersPerGeneration;
    if (generation === this.#generation) return worker < this.#workers && worker !== this.#worker;
    return this.#wayTo(generation) !== null;
  }

  /** The process next to this one on the way to that generation. */
  #wayTo(generation: number): OtherProcess | null {
    if (this.#former?.generation === generation) return this.#former;
    if (this.#successor?.generation === generation) return this.#successor;
    return this.#former ?? this.#successor;
  }

  opened(first: number, second: number): void {
    this.#directory?.add(first, second, this.#worker);
  }

  closed(first: number, second: number): void {
    this.#directory?.remove(first, second, this.#worker);
  }

  takes(first: number, second: number, request: SipMessage, flow: Flow): boolean {
    if (this.#directory !== null && (this.#tried & tried.siblings) === 0) {
      const worker = this.#directory.find(first, second);
      if (worker >= 0 && worker !== this.#worker) return this.#toSibling(worker, request.asReceived, flow);
    }
    const mayBeFormers = this.#formerKeys === null || this.#formerKeys.has(first, second);
    return this.#toProcess(mayBeFormers, -1, request.asReceived, flow);
  }

  takesResponse(response: SipMessage, flow: Flow): boolean {
    const worker = branchWorker(response.topVia?.branch ?? '');
    if (worker < 0) return false;
    if ((this.#tried & tried.siblings) === 0 && worker !== this.#worker && worker < this.#workers) return this.#toSibling(worker, response.asReceived, flow);
    return this.#toProcess(true, worker, response.asReceived, flow);
  }

  #toSibling(worker: number, raw: string, flow: Flow): boolean {
    this.#hand(this.#generation, worker, this.#tried | tried.siblings, raw, flow);
    return true;
  }

  /** To the former process if it may know the message, else to the next one; false when this is the one process. */
  #toProcess(mayBeFormers: boolean, worker: number, raw: string, flow: Flow): boolean {
    if (mayBeFormers && this.#former !== null && (this.#tried & tried.former) === 0) {
      this.#hand(this.#former.generation, workerOf(this.#former, worker, flow), 0, raw, flow);
      return true;
    }
    if (this.#successor === null) return false;
    this.#hand(this.#successor.generation, workerOf(this.#successor, worker, flow), tried.former, raw, flow);
    return true;
  }

  #hand(generation: number, worker: number, offered: number, raw: string, { listener, family, address, port, connection }: Flow): void {
    this.#post(generation * ownersPerGeneration + worker, { k: 'message', tried: offered, raw, listener: listener.id, transport: listener.transport, family, address, port, connection });
  }

  send(owner: number, { transport, family, address, port, connection }: Target, text: string, sendOwner: SendOwner | null): void {
    const n = ++this.#last;
    if (sendOwner !== null) {
      this.#awaited.set(n, sendOwner);
      if (this.#awaited.size > maxAwaited) this.#awaited.delete(n - maxAwaited);
    }
    this.#post(owner, { k: 'send', n, transport, family, address, port, connection, text });
  }

  callEnded(dialog: string, passage: Passage | null): void {
    const mail: Mail = { k: 'callEnded', dialog, passage };
    this.#toSiblings(mail);
    this.#bequeath(0, mail);
  }

  /** The siblings reach who asked for it by a connection of this worker. */
  alias(notice: AliasNotice): void {
    this.#toSiblings({ k: 'alias', notice });
  }

  #toSiblings(mail: Mail): void {
    for (let worker = 0; worker < this.#workers; worker++) {
      if (worker !== this.#worker) this.#post(this.#generation * ownersPerGeneration + worker, mail);
    }
  }

  /** Gives calls to the next process: one call always to the same worker, which knows it when it hears of it again. */
  bequeathCalls(entries: readonly CallEntry[]): void {
    const { workers = 1 } = this.#successor ?? {};
    const shares = Array.from({ length: workers }, (): CallEntry[] => []);
    for (const entry of entries) shares[spread(entry.dialog, 0) % workers]?.push(entry);
    for (const [worker, share] of shares.entries()) {
      for (let at = 0; at < share.length; at += callsPerMail) this.#bequeath(worker, { k: 'calls', entries: share.slice(at, at + callsPerMail) });
    }
  }

  /** Tells the next process what is being set up here; its first worker keeps the count. */
  bequeathReserved(tenants: readonly (readonly [number, number])[]): void {
    for (let at = 0; at < tenants.length; at += callsPerMail) this.#bequeath(0, { k: 'reserved', tenants: tenants.slice(at, at + callsPerMail) });
  }

  released(tenant: number): void {
    this.#bequeath(0, { k: 'released', tenant });
  }

  /** Asks the media threads of the next process: the sessions are theirs. What is asked of a session keeps its order. */
  askMedia(ask: MediaAsk): void {
    const session = ask.t === 'pass' ? ask.passage.session : ask.session;
    this.#bequeath(spread(session, 0) % (this.#successor?.workers ?? 1), { k: 'media', ask });
  }

  #bequeath(worker: number, mail: Mail): void {
    if (this.#successor !== null) this.#post(this.#successor.generation * ownersPerGeneration + worker, mail);
  }

  /** Takes mail in from owner `from`. */
  take(from: number, mail: Mail, transports: Transports, reader: MailReader): void {
    switch (mail.k) {
      case 'message': {
        const own = transports.listeners[mail.listener];
        const listener = own?.transport === mail.transport && own.family === mail.family ? own : transports.publicListenerFor(mail.transport, mail.family);
        if (listener === null) return;
        this.#tried = mail.tried;
        try {
          reader.message(mail.raw, new ReceivedBy(listener, mail.family, mail.address, mail.port, mail.connection));
        } finally {
          this.#tried = 0;
        }
        return;
      }
      case 'send':
        this.#sendFor(from, mail, transports);
        return;
      case 'failed':
        this.#failed(mail.n, mail.detail);
        return;
      case 'callEnded':
        // From another process one worker hears it, from a sibling all do.
        if (!reader.callEnded(mail.dialog, mail.passage) && Math.floor(from / ownersPerGeneration) !== this.#generation) this.callEnded(mail.dialog, mail.passage);
        return;
      case 'alias':
        transports.aliases.note(mail.notice);
        return;
      case 'calls':
        reader.calls(mail.entries);
        return;
      case 'reserved':
        reader.reserved(mail.tenants);
        return;
      case 'released':
        reader.released(mail.tenant);
        return;
      case 'media':
        reader.media(mail.ask, (reply) => this.#post(from, { k: 'mediaReply', reply }));
        return;
      case 'mediaReply':
        reader.mediaReply(mail.reply);
    }
  }

  /** Who has an answer by now does not need to know that the connection is gone. */
  #failed(n: number, detail: string): void {
    const owner = this.#awaited.get(n);
    this.#awaited.delete(n);
    if (owner?.awaiting === true) owner.sendFailed(detail);
  }

  #sendFor(from: number, { n, transport, family, address, port, connection: named, text }: Extract<Mail, { k: 'send' }>, transports: Transports): void {
    const failed = (detail: string): void => this.#post(from, { k: 'failed', n, detail });
    // A response goes where its request came from a moment ago. The number in a flow token may be older than this process: the address decides.
    const connection = text.startsWith('SIP/2.0 ') && transports.connectionOpen(named) ? named : transports.connectionTo(transport, address, port);
    const listener = transports.publicListenerFor(transport, family);
    if (connection === 0) failed(`no connection to ${address}:${port}`);
    else transports.send(new Address(transport, family, address, port, listener, connection), text, new RemoteOwner(failed));
  }
}

/** The worker that a branch names if there is one, else always the same one for a flow, so that its messages keep their order. */
function workerOf({ workers }: OtherProcess, named: number, { address, port }: Flow): number {
  if (named >= 0) return named < workers ? named : 0;
  return spread(address, port) % workers;
}

function spread(text: string, from: number): number {
  let sum = from;
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) | 0;
  return sum >>> 0;
}
