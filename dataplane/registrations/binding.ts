/** What the node remembers of a phone that registered through it: soft state beside the registrar's own. */
import type { Family, TransportName } from '../transport/flow.ts';

export interface Binding {
  /** `user@host`, host in lower case. */
  readonly aor: string;
  /** The Contact URI as the phone wrote it. */
  readonly contact: string;
  readonly tenant: number;
  /** The registrar that took it: destination id, 0 = none of a set. */
  readonly destination: number;
  /** Where the phone really is: what keep-alives go to. */
  readonly listener: number;
  readonly transport: TransportName;
  readonly family: Family;
  readonly address: string;
  readonly port: number;
  /** The phone's Contact names another place than it sends from. */
  readonly behindNat: boolean;
  /** User-Agent, at most `maxAgentLength` characters. */
  readonly agent: string;
  /** Epoch milliseconds. */
  readonly registeredMs: number;
  readonly expiresMs: number;
}

export const maxAgentLength = 128;

/** What one accepted REGISTER changes. */
export interface BindingChange {
  readonly aor: string;
  /** `Contact: *`: every binding of the address of record goes. */
  readonly all: boolean;
  /** Contact URIs that are registered no more. */
  readonly removed: readonly string[];
  readonly put: readonly Binding[];
}

/** Name of a binding; RFC 3261 §10.3 step 7 compares Contacts by URI. */
export const bindingKey = (aor: string, contact: string): string => `${aor}\n${contact}`;
