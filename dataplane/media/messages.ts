/** What media threads, SIP workers and the main thread tell each other. Everything here is structured-cloned. */
import type { MessagePort } from 'node:worker_threads';
import type { MediaEngine, MediaReport } from '../contract/media.ts';
import type { SettingRow } from '../contract/rows.ts';
import type { ForbiddenSetting } from '../forbidden-setting.ts';
import type { ListenSetting } from '../listen-setting.ts';
import type { RtpRange, WantedEngine } from '../media-setting.ts';
import type { InterfaceAddress } from '../proxy/identity.ts';
import type { SocketsSetting } from '../settings.ts';
import type { SessionFigures } from './figures.ts';
import type { PassageOutcome, SdpPassage } from './passage.ts';
import type { ByFamily } from './relay.ts';

/** What a media thread is born with. */
export interface MediaSetup {
  readonly thread: number;
  readonly threads: number;
  readonly engine: Exclude<WantedEngine, 'off'>;
  /** The ports of this thread alone. */
  readonly rtp: RtpRange;
  /** Those of all threads. */
  readonly range: RtpRange;
  /** Where its sessions are written down for the next process: a path that each engine adds its name to. */
  readonly journal: string;
  /** Names the node among others of this host. */
  readonly nodeName: string;
  readonly settings: SettingRow['media'];
  /** Where no media goes to, whatever an SDP names: see proxy/forbidden-targets.ts. */
  readonly forbidden: ForbiddenSetting;
  readonly places: readonly Pick<ListenSetting, 'address' | 'advertisedHost'>[];
  readonly interfaces: readonly InterfaceAddress[];
  readonly sockets: SocketsSetting;
  /** What media sockets bind to, and what an SDP shows where SIP goes by the other family. */
  readonly bind: ByFamily;
  readonly addresses: ByFamily;
  /** By SIP worker: a way to it. */
  readonly workers: readonly MessagePort[];
}

/** From a SIP worker. */
export type MediaAsk =
  /** Answered by a `MediaReply` with the same number. */
  | { readonly t: 'pass'; readonly n: number; readonly passage: SdpPassage }
  | { readonly t: 'answered'; readonly session: string; readonly calleeTag: string }
  | { readonly t: 'rejected'; readonly session: string; readonly calleeTag: string; readonly fromCaller: boolean }
  | { readonly t: 'end'; readonly session: string; readonly calleeTag: string; readonly declined: boolean };

export interface MediaReply {
  readonly n: number;
  readonly outcome: PassageOutcome;
}

/** From the main thread. */
export type ToMedia =
  /** Take the sessions up that the journal has, and serve. */
  | { readonly t: 'restore' }
  | { readonly t: 'settings'; readonly settings: SettingRow['media'] }
  /** Answered by `figures` with the same number. */
  | { readonly t: 'figures'; readonly n: number; readonly sessions: readonly string[] }
  /** Answered by `stopped`. `keep` = calls go on in the next process: what the kernel forwards stays. */
  | { readonly t: 'stop'; readonly keep: boolean };

/** Something that an operator should hear of. */
export interface MediaEvent {
  readonly kind: 'media.exhausted' | 'media.available' | 'media.engine' | 'rtpengine.down' | 'rtpengine.up' | 'media.idle' | 'media.silent' | 'media.circle';
  readonly subject: string;
  readonly text: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export type FromMedia =
  | { readonly t: 'ready'; readonly engine: MediaEngine; /** Why it is not the wanted one, or ''. */ readonly sentence: string; readonly restored: number }
  | { readonly t: 'figures'; readonly n: number; readonly figures: readonly SessionFigures[] }
  | { readonly t: 'state'; readonly state: MediaState }
  | { readonly t: 'event'; readonly event: MediaEvent }
  | { readonly t: 'fault'; readonly where: string; readonly detail: string }
  | { readonly t: 'stopped' };

/** How a media thread stands, told every second. */
export interface MediaState extends MediaReport {
  readonly portsResting: number;
  readonly portsUnproven: number;
  /** How often unproven callers got no ports since the thread began, as these had their share. */
  readonly unprovenRefused: number;
  /** Totals since the thread began. */
  readonly packets: number;
  readonly strangers: number;
  readonly invalid: number;
}
