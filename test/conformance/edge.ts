/** An edge under test: Signalbox or Kamailio, seen from outside only. */
import type { EdgeAddress } from '../harness/peer.ts';

/** The one web site whose pages may connect by WebSocket. */
export const allowedOrigin = 'https://phone.example';

export type MediaPolicy = 'direct' | 'relay';

/** What becomes of the requests for one domain. Every row has a domain of its own, so that rows do not meet. */
export interface EdgePlan {
  /** Number of the route set and dispatcher set. */
  readonly number: number;
  /** Domains that are served; the first is the row's own. */
  readonly domains: readonly string[];
  /** URIs of its backends, in the order in which they are tried. */
  readonly destinations: readonly string[];
  /** Dispatcher algorithm by number: 4 round robin, 8 serial, 12 all at once. */
  readonly algorithm: number;
  /** Wait for a first provisional and, after it, for a final response, in milliseconds. */
  readonly frMs: number;
  readonly frInviteMs: number;
  /** OPTIONS probes every second, one failure takes out, one success brings back. */
  readonly probing: boolean;
  readonly topologyHiding: boolean;
  /** Whether media of its calls passes through the edge. */
  readonly media: MediaPolicy;
  /** Addresses whose requests belong here whatever their domain. */
  readonly trunk: readonly string[];
}

/** The UDP ports that an edge relays media by. */
export interface MediaPorts {
  readonly first: number;
  readonly last: number;
  /** Those that it holds now. */
  held(): ReadonlySet<number>;
}

export interface Edge extends EdgeAddress {
  readonly name: 'signalbox' | 'kamailio';
  /** A host name that means the edge itself. */
  readonly ownName: string;
  readonly running: boolean;
  /** null = it relays no media. */
  readonly mediaPorts: MediaPorts | null;
  /** Resident memory of all its processes, in bytes. */
  residentBytes(): number;
  stop(): Promise<void>;
}

/** @param dns `address:port` of the DNS server that the edge should ask */
export type StartEdge = (plans: readonly EdgePlan[], dns: string) => Promise<Edge>;
