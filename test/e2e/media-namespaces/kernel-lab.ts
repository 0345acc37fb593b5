/** A real edge with the kernel engine between a phone and a PBX, each in a network namespace of its own. */
import { expect } from 'vitest';
import { defaultSetting } from '../../../dataplane/contract/rows.ts';
import type { MediaState } from '../../../dataplane/media/messages.ts';
import { until } from '../../harness/deadline.ts';
import { lostMs } from '../../harness/media-peer.ts';
import { insideOf, Namespaces } from '../../harness/namespaces.ts';
import { hostPort } from '../../harness/sip-text.ts';
import { Rig } from '../../integration/dataplane/rig.ts';
import { endPort, type EndReport } from './end-report.ts';
import { RemoteEnd } from './remote-end.ts';

const patienceMs = 600_000;
export const mediaPorts = { first: 20_000, last: 20_199 };

type Ruleset = readonly Readonly<Record<string, { readonly name?: string; readonly elem?: readonly unknown[] }>>[];

export class KernelLab {
  readonly spaces: Namespaces;
  readonly rig: Rig;
  readonly #ends: RemoteEnd[] = [];

  private constructor(spaces: Namespaces, rig: Rig) {
    this.spaces = spaces;
    this.rig = rig;
  }

  /** The tenants v4 and v6 have a PBX that listens on that family. */
  static async start(options: { readonly idleMs?: number; readonly threads?: number } = {}): Promise<KernelLab> {
    const spaces = Namespaces.create();
    try {
      const rig = await Rig.start(([['v4', spaces.pbx.v4], ['v6', spaces.pbx.v6]] as const).map(([key, host]) => ({ key, destinations: [`sip:${hostPort(host, endPort)}`], policies: { media: 'relay' as const } })), {
        inside: insideOf(spaces.edge), listen: 'udp:0.0.0.0:PORT,udp:[::]:PORT',
        setting: { media: { ...defaultSetting.media, idleMs: options.idleMs ?? defaultSetting.media.idleMs } },
        env: { SIGNALBOX_MEDIA: 'kernel', SIGNALBOX_MEDIA_THREADS: String(options.threads ?? 1), SIGNALBOX_RTP: `${mediaPorts.first}-${mediaPorts.last}`, SIGNALBOX_LOG: 'warn' },
      });
      return new KernelLab(spaces, rig);
    } catch (error) {
      spaces.stop();
      throw error;
    }
  }

  /** Where ends call the edge. */
  get sipPort(): number {
    return this.rig.port;
  }

  async phone(family: 4 | 6 = 4, host?: string): Promise<RemoteEnd> {
    return this.#keep(await RemoteEnd.start('phone', this.spaces.phone, this.sipPort, family, host));
  }

  async pbx(family: 4 | 6 = 4, host?: string): Promise<RemoteEnd> {
    return this.#keep(await RemoteEnd.start('pbx', this.spaces.pbx, this.sipPort, family, host));
  }

  /** A call of new ends. */
  async call(family: 4 | 6 = 4, toFamily: 4 | 6 = family): Promise<KernelCall> {
    return KernelCall.begin(await this.phone(family), await this.pbx(toFamily), `sip:1001@v${toFamily}.example`);
  }

  #keep(end: RemoteEnd): RemoteEnd {
    this.#ends.push(end);
    return end;
  }

  async media(): Promise<readonly MediaState[]> {
    return (await this.rig.inspect())['media'] as readonly MediaState[];
  }

  /** Waits until the media threads together say so. */
  async counts(what: Partial<Record<'sessions' | 'kernelStreams' | 'portsUsed' | 'strangers', number>>, ms = 20_000): Promise<void> {
    let last: readonly MediaState[] = [];
    await until(JSON.stringify(what), ms, async () => {
      last = await this.media();
      return Object.entries(what).every(([name, value]) => last.reduce((sum, state) => sum + state[name as 'sessions'], 0) === value);
    }).catch((error: unknown) => {
      throw new Error(`expected of the media threads: ${JSON.stringify(what)}, not ${JSON.stringify(last)}\n${this.rig.process.tail()}`, { cause: error });
    });
  }

  #ruleset(): Ruleset {
    return (JSON.parse(this.spaces.run(this.spaces.edge, 'nft', '-j', 'list', 'ruleset')) as { readonly nftables: Ruleset }).nftables;
  }

  tables(): string[] {
    return this.#ruleset().flatMap(({ table }) => table?.name ?? []);
  }

  /** Elements of the engine's maps, as nft lists them. */
  elements(): string[] {
    return this.#ruleset().flatMap(({ map }) => (map?.elem ?? []).map((element) => `${map?.name} ${JSON.stringify(element)}`));
  }

  /** Expects that the call has left nothing behind: no session, no port, no element. */
  async nothingLeft(ms?: number): Promise<void> {
    await this.counts({ sessions: 0, kernelStreams: 0, portsUsed: 0 }, ms);
    await until('no element left', 20_000, () => {
      const left = this.elements();
      if (left.length > 0) throw new Error(`${left.length} elements left: ${left.slice(0, 8).join(', ')}`);
      return true;
    });
  }

  /** Ends the ends of all calls, whatever became of them. */
  async endCalls(): Promise<void> {
    for (const end of this.#ends.splice(0)) await end.stop();
  }

  async stop(): Promise<void> {
    await this.endCalls();
    await this.rig.stop();
    this.spaces.stop();
  }
}

/** A call that is up, with both ends talking. */
export class KernelCall {
  readonly phone: RemoteEnd;
  readonly pbx: RemoteEnd;
  /** Resolves when the PBX has answered the BYE. */
  readonly #served: Promise<unknown>;
  #ssrcs: Readonly<Record<'phone' | 'pbx', number>> = { phone: 0, pbx: 0 };

  private constructor(phone: RemoteEnd, pbx: RemoteEnd) {
    this.phone = phone;
    this.pbx = pbx;
    this.#served = pbx.tell('serve', patienceMs);
    this.#served.catch(() => undefined);
  }

  static async begin(phone: RemoteEnd, pbx: RemoteEnd, uri: string): Promise<KernelCall> {
    const call = new KernelCall(phone, pbx);
    await phone.tell(`call ${uri}`);
    call.#ssrcs = { phone: (await phone.report()).ssrc, pbx: (await pbx.report()).ssrc };
    await call.talk();
    return call;
  }

  /** From here on; what is heard is counted anew. */
  async talk(): Promise<void> {
    for (const end of [this.phone, this.pbx]) await end.tell('mark');
    for (const end of [this.phone, this.pbx]) await end.tell('talk');
  }

  /** Waits until either end has heard so many packets of the other. */
  async hears(packets: number, ms = 20_000): Promise<void> {
    await Promise.all([this.phone.hears(this.#ssrcs.pbx, packets, ms), this.pbx.hears(this.#ssrcs.phone, packets, ms)]);
  }

  async hearsMore(packets: number): Promise<void> {
    const [one, other] = [(await this.phone.report()).heard[this.#ssrcs.pbx]?.packets ?? 0, (await this.pbx.report()).heard[this.#ssrcs.phone]?.packets ?? 0];
    await this.hears(Math.max(one, other) + packets);
  }

  /** Has both ends stop talking, and waits until what was under way has come or is lost. @returns what each has heard of the other */
  async hush(): Promise<{ readonly atPhone: Heard; readonly atPbx: Heard }> {
    for (const end of [this.phone, this.pbx]) await end.tell('hush');
    const both = async (): Promise<{ readonly atPhone: Heard; readonly atPbx: Heard }> => {
      const [phone, pbx] = [await this.phone.report(), await this.pbx.report()];
      return { atPhone: heardOf(phone, pbx), atPbx: heardOf(pbx, phone) };
    };
    await until('the last packets', lostMs, async () => Object.values(await both()).every(({ packets, said }) => packets >= said)).catch(() => false);
    return both();
  }

  /** Has both ends stop talking, and expects that each has heard all that the other said, once and without a pause. */
  async heardWhole(): Promise<void> {
    const { atPhone, atPbx } = await this.hush();
    expectAll(atPhone, 'PBX to phone');
    expectAll(atPbx, 'phone to PBX');
  }

  async hangUp(): Promise<void> {
    await this.phone.tell('bye');
    await this.#served;
  }
}

const heardOf = (at: EndReport, of: EndReport): Heard => ({ said: of.said, packets: 0, missing: 0, duplicates: 0, damaged: 0, silenceMs: 0, ...at.heard[of.ssrc], heldMs: at.heldMs + of.heldMs, account: at.account });

interface Heard {
  readonly said: number;
  readonly packets: number;
  readonly missing: number;
  readonly duplicates: number;
  readonly damaged: number;
  readonly silenceMs: number;
  /** What the ends themselves may have added to that: the machine kept them from saying or hearing anything. */
  readonly heldMs: number;
  readonly account: string;
}

/** A pause that one hears as one. */
const audibleMs = 500;

/** Expects that everything that was said was heard, once and without a pause. */
function expectAll(heard: Heard, what: string): void {
  expect(heard, `${what}: said ${heard.said}, heard ${heard.packets}, missing ${heard.missing}, longest silence ${heard.silenceMs} ms. ${heard.account}`)
    .toMatchObject({ packets: heard.said, missing: 0, duplicates: 0, damaged: 0 });
  expect(heard.silenceMs, `${what}: longest silence, of which the ends held up ${Math.round(heard.heldMs)} ms`).toBeLessThan(audibleMs + heard.heldMs);
}
