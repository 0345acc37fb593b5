/** The registry of scenarios: one a row of the checklist. A scenario is written once, for any edge, and throws where the edge errs. */
import { checklist, type Requirement } from './checklist.ts';
import type { DnsServer } from '../harness/dns-server.ts';
import type { SipSocket } from '../harness/sip-socket.ts';
import type { MediaPolicy } from './edge.ts';
import type { World } from './world.ts';

/** `refusing`: TCP, and nobody listens there. `tcp6`, `udp6`: on ::1. */
export type BackendKind = 'udp' | 'tcp' | 'tls' | 'udp6' | 'tcp6' | 'refusing';

/** What a scenario wants to find; one UDP backend that is tried with default timers when nothing is said. */
export interface Needs {
  readonly backends?: readonly BackendKind[];
  readonly algorithm?: number;
  readonly frMs?: number;
  readonly frInviteMs?: number;
  readonly probing?: boolean;
  readonly topologyHiding?: boolean;
  /** Where media of its calls goes; with several the scenario runs once for each. */
  readonly media?: readonly MediaPolicy[];
  /** Loads the edge so that other rows would suffer: runs by itself, after them. */
  readonly alone?: boolean;
  /** Fills the tests' DNS server, before the edge starts. */
  readonly names?: (dns: DnsServer, backends: readonly SipSocket[]) => void;
  /** The destinations' URIs instead of the backends' addresses. */
  readonly destinations?: (backends: readonly SipSocket[]) => readonly string[];
}

export interface Row {
  readonly requirement: Requirement;
  readonly needs: Needs;
  readonly scenario: (world: World) => Promise<void>;
}

const registered = new Map<number, Row>();

/** Registers the scenario of row `number`. */
export function row(number: number, needs: Needs, scenario: (world: World) => Promise<void>): void {
  const requirement = checklist[number - 1];
  if (requirement === undefined) throw new Error(`the checklist has no row ${number}`);
  if (registered.has(number)) throw new Error(`row ${number} has a scenario already`);
  registered.set(number, { requirement, needs, scenario });
}

/** Every registered row, by number. */
export const rows = (): readonly Row[] => [...registered.values()].sort((a, b) => a.requirement.number - b.requirement.number);

/** Rows as a table of tests: those that run beside each other, or those that run alone. */
export const entries = (list: readonly Row[], alone: boolean): (readonly [number, string, Row])[] =>
  list.filter(({ needs }) => (needs.alone ?? false) === alone).map((one) => [one.requirement.number, one.requirement.text, one] as const);
