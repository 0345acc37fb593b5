/**
 * Latency that a proxy adds to an INVITE under load: caller and backend live in this process, so one
 * clock sees the INVITE leave and arrive. 50 calls a second beside the load; their cost is in the
 * proxy's CPU and they are counted as calls.
 */
import { setTimeout as tick } from 'node:timers/promises';
import { Uac } from '../../test/harness/uac.ts';
import { Uas } from '../../test/harness/uas.ts';
import { callIdOf } from '../../test/harness/sip-text.ts';
import { probeDomain } from './edge.ts';

const callsPerSecond = 50;
const giveUpMs = 5_000;

export interface LatencyResult {
  readonly calls: number;
  readonly failed: number;
  /** One-way times caller → proxy → backend in milliseconds. */
  readonly inviteMs: readonly number[];
}

export class LatencyProbe {
  readonly #uac: Uac;
  readonly #uas: Uas;
  readonly #sentAt = new Map<string, number>();
  #inviteMs: number[] = [];

  private constructor(uac: Uac, uas: Uas) {
    this.#uac = uac;
    this.#uas = uas;
    const answer = uas.socket.onMessage;
    uas.socket.onMessage = (received) => {
      const now = performance.now();
      const { message } = received;
      const sentAt = message.method === 'INVITE' ? this.#sentAt.get(callIdOf(message)) : undefined;
      if (sentAt !== undefined) {
        this.#inviteMs.push(now - sentAt);
        this.#sentAt.delete(callIdOf(message));
      }
      answer(received);
    };
  }

  static async open(): Promise<LatencyProbe> {
    return new LatencyProbe(await Uac.open({ keep: false }), await Uas.open('probe', { keep: false }));
  }

  get uri(): string {
    return this.#uas.uri;
  }

  /** Places calls for `seconds` and returns what they saw. */
  async run(edge: { readonly host: string; readonly port: number }, seconds: number): Promise<LatencyResult> {
    this.#inviteMs = [];
    this.#sentAt.clear();
    const calls: Promise<boolean>[] = [];
    const begin = performance.now();
    while (performance.now() - begin < seconds * 1_000) {
      const due = Math.floor(((performance.now() - begin) / 1_000) * callsPerSecond);
      while (calls.length < due) calls.push(this.#place(edge));
      await tick(2);
    }
    const outcomes = await Promise.all(calls);
    return { calls: outcomes.length, failed: outcomes.filter((ok) => !ok).length, inviteMs: this.#inviteMs };
  }

  async #place(edge: { readonly host: string; readonly port: number }): Promise<boolean> {
    const call = this.#uac.invite({ uri: `sip:1001@${probeDomain}`, via: edge });
    this.#sentAt.set(call.callId, performance.now());
    try {
      if ((await call.final).status !== 200) return false;
      await call.ack();
      return (await call.bye(giveUpMs)).status === 200;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    await this.#uac.close();
    await this.#uas.close();
  }
}
