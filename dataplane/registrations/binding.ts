/** What the node remembers of a phone that registered through it: soft state beside the registrar's own. */
import type { Family, TransportName } from '../transport/flow.ts';

export interface Binding {
  /** `user@host`, host in lower case. */
  readonly aor: string;
  /** The Contact URI as the phone wrote it. */
  readonly contact: string;
  readonly tenant: number;
  /** The registrar that took it: destination id. */
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
  /** Whose registrar took it: what others wrote as the same address of record is not touched. */
  readonly tenant: number;
  readonly aor: string;
  /** `Contact: *`: every binding of the address of record goes. */
  readonly all: boolean;
  /** Contact URIs that are registered no more. */
  readonly removed: readonly string[];
  readonly put: readonly Binding[];
}

/** Name of the place that a phone is at; no `bindingKey` is one. */
export const phoneKey = (address: string, port: number): string => `${address} ${port}`;

/** Name of a binding; RFC 3261 §10.3 step 7 compares Contacts by URI. To is the phone's own word, so the tenant is part of the name. */
export const bindingKey = (tenant: number, aor: string, contact: string): string => `${tenant} ${aor}\n${contact}`;
