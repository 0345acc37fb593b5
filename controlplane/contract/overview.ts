import { Type } from 'typebox';
import type { Static } from 'typebox';
import { Change } from './changes.ts';
import { StoredEvent } from './events.ts';

export const Alarm = Type.Object({
  id: Type.String(),
  severity: Type.Union([Type.Literal('warning'), Type.Literal('error')]),
  text: Type.String(),
  since: Type.Integer(),
}, { additionalProperties: false });
export type Alarm = Static<typeof Alarm>;

/** Each destination counted once: by its admin state unless enabled, else by the worst health any connected node sees. */
export const DestinationCounts = Type.Object({
  up: Type.Integer(), down: Type.Integer(), probing: Type.Integer(), unknown: Type.Integer(),
  draining: Type.Integer(), disabled: Type.Integer(),
}, { additionalProperties: false });
export type DestinationCounts = Static<typeof DestinationCounts>;

export const Overview = Type.Object({
  head: Type.Object({ epoch: Type.String(), rev: Type.Integer() }, { additionalProperties: false }),
  nodes: Type.Object({ total: Type.Integer(), inStep: Type.Integer(), connected: Type.Integer() }, { additionalProperties: false }),
  destinations: DestinationCounts,
  calls: Type.Integer(),
  callsPerSecond: Type.Number(),
  /** Failed INVITEs of the last minute, 0 to 1. */
  failureRatio: Type.Number(),
  alarms: Type.Array(Alarm),
  changes: Type.Array(Change),
  events: Type.Array(StoredEvent),
  /** Oldest first; null = no sample. */
  series: Type.Object({
    stepMs: Type.Integer(),
    callsPerSecond: Type.Array(Type.Number()),
    calls: Type.Array(Type.Number()),
    latencyMs: Type.Array(Type.Number()),
  }, { additionalProperties: false }),
}, { additionalProperties: false });
export type Overview = Static<typeof Overview>;
