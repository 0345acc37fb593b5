/** A real edge with media, phones on one side and PBXs on the other, all on loopback. */
import { expect } from 'vitest';
import { defaultSetting, type SettingRow } from '../../../dataplane/contract/rows.ts';
import type { SessionFigures } from '../../../dataplane/media/figures.ts';
import type { MediaState } from '../../../dataplane/media/messages.ts';
import { until } from '../../harness/deadline.ts';
import { connect, MediaPeer, type Connected, type MediaPeerOptions } from '../../harness/media-peer.ts';
import { Peer } from '../../harness/peer.ts';
import { freePortPairs } from '../../harness/ports.ts';
import { Rtpengine } from '../../harness/rtpengine.ts';
import { RtpStream, type RtpStreamOptions } from '../../harness/rtp-stream.ts';
import type { SdpPlan, SdpText } from '../../harness/sdp-text.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import { hostPort } from '../../harness/sip-text.ts';
import { Rig, type Plan } from '../../integration/dataplane/rig.ts';

/** Engines that can be tested on loopback; the kernel's needs network namespaces. */
export type Engine = 'worker' | 'rtpengine';

export type Counts = Pick<MediaState, 'sessions' | 'portsUsed' | 'strangers' | 'invalid' | 'packets'>;

export interface LabOptions {
  readonly engine: Engine;
  /** How many ports media has; 200 when left out. */
  readonly ports?: number;
  /** How many rtpengines there are, for the engine of that name; 1 when left out. They share the ports. */
  readonly rtpengines?: number;
  readonly media?: Partial<SettingRow['media']>;
  readonly policies?: Plan['policies'];
  readonly workers?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** URI of the PBX of the first site instead of one that tests speak for. */
  readonly pbx?: string;
}

/** The tenants: their domain is `<name>.example`, their PBXs listen there. */
const sites = { v4: ['127.0.0.1'], v6: ['::1'], fork: ['127.0.0.1', '127.0.0.1'] } as const;
export type Site = keyof typeof sites;

/** How long is waited for what other processes do: longer than a busy machine keeps them from it. */
const patienceMs = 20_000;
/** Tests answer by hand, when they have seen what they wait for; that a callee is slow is not their matter. */
const failover = { frMs: 60_000 };

export class MediaLab {
  readonly rig: Rig;
  readonly rtpengines: readonly Rtpengine[];
  readonly ports: { readonly first: number; readonly last: number };
  readonly #pbxs: ReadonlyMap<string, SipSocket>;
  readonly #open = new Set<{ close(): Promise<unknown> }>();

  private constructor(rig: Rig, rtpengines: readonly Rtpengine[], ports: MediaLab['ports'], pbxs: ReadonlyMap<string, SipSocket>) {
    this.rig = rig;
    this.rtpengines = rtpengines;
    this.ports = ports;
    this.#pbxs = pbxs;
  }

  static async start(options: LabOptions): Promise<MediaLab> {
    const count = options.ports ?? 200;
    // Nobody else may have them: two rtpengines take the same port without a word, and the later one gets its packets.
    const first = await freePortPairs(count / 2);
    const ports = { first, last: first + count - 1 };
    const rtpengines: Rtpengine[] = [];
    const share = Math.floor(count / (options.rtpengines ?? 1) / 2) * 2;
    for (let i = 0; options.engine === 'rtpengine' && i < (options.rtpengines ?? 1); i++) {
      rtpengines.push(await Rtpengine.start({ ports: { first: first + i * share, last: first + (i + 1) * share - 1 } }));
    }
    const pbxs = new Map<string, SipSocket>();
    for (const [site, hosts] of Object.entries(sites)) {
      for (const [index, host] of hosts.entries()) pbxs.set(`${site}${index}`, await SipSocket.open({ host }));
    }
    const plan = (site: Site, more: Partial<Plan> = {}): Plan => ({
      key: site, destinations: site === 'v4' && options.pbx !== undefined ? [options.pbx] : sites[site].map((_, index) => uriOf(pbxs.get(`${site}${index}`)!)),
      policies: { media: 'relay', ...options.policies }, failover, ...more,
    });
    const uriOf = ({ host, port }: SipSocket): string => `sip:${hostPort(host, port)}`;
    const rig = await Rig.start([plan('v4'), plan('v6'), plan('fork', { set: { algorithm: 12 } })], {
      setting: { media: { ...defaultSetting.media, rtpengines: rtpengines.map(({ address }) => ({ address, weight: 1, enabled: true })), ...options.media } },
      ...(options.workers === undefined ? {} : { workers: options.workers }),
      env: { SIGNALBOX_MEDIA: options.engine, SIGNALBOX_RTP: `${ports.first}-${ports.last}`, SIGNALBOX_LOG: 'warn', ...options.env },
    }).catch(async (error: unknown) => {
      for (const engine of rtpengines) await engine.stop();
      for (const socket of pbxs.values()) await socket.close();
      throw error;
    });
    const lab = new MediaLab(rig, rtpengines, ports, pbxs);
    try {
      await lab.#serves(options.engine);
    } catch (error) {
      await lab.stop();
      throw error;
    }
    return lab;
  }

  /** Waits until the media threads say that they have the engine. */
  async #serves(engine: Engine): Promise<void> {
    let states: readonly MediaState[] = [];
    await until(`the engine ${engine}`, patienceMs, async () => {
      states = (await this.rig.inspect())['media'] as readonly MediaState[];
      return states.length > 0 && states.every((state) => state.engine === engine);
    }).catch((error: unknown) => {
      throw new Error(`the engine ${engine} expected, not ${JSON.stringify(states)}`, { cause: error });
    });
  }

  #keep<T extends { close(): Promise<unknown> }>(thing: T): T {
    this.#open.add(thing);
    return thing;
  }

  async phone(options: MediaPeerOptions = {}): Promise<MediaPeer> {
    return this.#keep(await MediaPeer.open(this.rig, options));
  }

  /** A new end of media behind a site's PBX. */
  async pbx(site: Site = 'v4', index = 0, media: RtpStreamOptions = {}, says: Partial<SdpPlan> = {}): Promise<MediaPeer> {
    const socket = this.#pbxs.get(`${site}${index}`);
    if (socket === undefined) throw new Error(`no PBX ${site}${index}`);
    return new MediaPeer(new Peer(socket, this.rig), this.#keep(await RtpStream.open({ host: socket.host, ...media })), says);
  }

  /** Somebody who has nothing to do with any call. */
  async stranger(host = '127.0.0.66'): Promise<RtpStream> {
    return this.#keep(await RtpStream.open({ host }));
  }

  /** Expects that a description shows the edge, by a port of its range, to one end. */
  shown(sdp: SdpText | null, to: MediaPeer): { readonly host: string; readonly port: number } {
    const [audio] = sdp?.media ?? [];
    expect(audio, `an SDP with audio, not ${sdp?.text}`).toBeDefined();
    expect({ address: audio!.address, inRange: audio!.port >= this.ports.first && audio!.port <= this.ports.last },
      `what ${hostPort(to.media.host, to.media.port)} is shown: port ${audio!.port}, range ${this.ports.first}-${this.ports.last}\n${sdp!.text}`)
      .toEqual({ address: to.media.host.includes(':') ? '::1' : '127.0.0.1', inRange: true });
    return { host: audio!.address, port: audio!.port };
  }

  /** Expects that both ends of a call are shown the edge only. */
  between(caller: MediaPeer, callee: MediaPeer, connected: Connected): void {
    this.shown(connected.offer, callee);
    this.shown(connected.answer, caller);
  }

  /** A call from the caller to a site, both ends of which are shown the edge only. */
  async connect(caller: MediaPeer, callee: MediaPeer, site: Site = 'v4'): Promise<Connected> {
    const connected = await connect(caller, callee, `sip:1001@${site}.example`);
    this.between(caller, callee, connected);
    return connected;
  }

  /** How the media threads stand, summed. They tell every second. */
  async media(): Promise<Counts> {
    const { media } = await this.rig.inspect();
    const sum = (name: keyof Counts): number => (media as readonly MediaState[]).reduce((total, state) => total + state[name], 0);
    return { sessions: sum('sessions'), portsUsed: sum('portsUsed'), strangers: sum('strangers'), invalid: sum('invalid'), packets: sum('packets') };
  }

  /** What is known of the media of an end's call, null = it has none. */
  async figures(of: MediaPeer): Promise<SessionFigures | null> {
    const { items } = await this.rig.inspect('/inspect/calls');
    return (items as readonly { readonly callId: string; readonly media: SessionFigures | null }[]).find(({ callId }) => callId === of.callId)?.media ?? null;
  }

  async #counts(what: string, wanted: (counts: Counts) => boolean): Promise<void> {
    let last: Counts | undefined;
    await until(what, patienceMs, async () => {
      last = await this.media();
      return wanted(last);
    }).catch((error: unknown) => {
      throw new Error(`expected: ${what}; found: ${JSON.stringify(last)}`, { cause: error });
    });
  }

  /** Waits until that many calls have media. */
  sessions(count: number): Promise<void> {
    return this.#counts(`${count} media sessions`, ({ sessions }) => sessions === count);
  }

  /** Waits until no call has media and no port is taken. */
  async idle(): Promise<void> {
    await this.#counts(`no media session, and no port taken of ${this.ports.first}-${this.ports.last}`, ({ sessions, portsUsed }) => sessions === 0 && portsUsed === 0);
    for (const engine of this.rtpengines) if (engine.process.running) await until('an rtpengine without calls', patienceMs, async () => !(await engine.hasCalls()));
  }

  /** Waits until a counter of the data plane, which it shows without labels, says so. */
  async counted(name: string, value: number): Promise<void> {
    await until(`${name} ${value}`, patienceMs, async () => {
      const found = await this.rig.metric(name);
      if (found !== value) throw new Error(`it is ${found}`);
      return true;
    });
  }

  async stop(): Promise<void> {
    for (const one of this.#open) await one.close();
    await this.rig.stop();
    for (const engine of this.rtpengines) await engine.stop();
    for (const socket of this.#pbxs.values()) await socket.close();
  }
}
