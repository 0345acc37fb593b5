/** Query strings and answers that all resources share. */
import { Type } from 'typebox';
import type { Static, TSchema } from 'typebox';

/** Keyset lists: `cursor` is the opaque `next` of the page before. */
export const ListQuery = Type.Object({
  q: Type.Optional(Type.String({ maxLength: 255, description: 'Part of a name, key, number or comment' })),
  tenant: Type.Optional(Type.String({ maxLength: 64, description: 'Only what belongs to this tenant' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 512 })),
}, { additionalProperties: false });
export type ListQuery = Static<typeof ListQuery>;

export const WriteQuery = Type.Object({
  wait: Type.Optional(Type.Literal('applied', { description: 'Answer when every connected node runs the revision' })),
  timeoutMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 60_000, default: 5_000 })),
  dryRun: Type.Optional(Type.Union([Type.Literal('1'), Type.Literal('true'), Type.Literal('0'), Type.Literal('false')])),
}, { additionalProperties: false });
export type WriteQuery = Static<typeof WriteQuery>;

export const AppliedNode = Type.Object({
  node: Type.String({ description: "The node's name" }),
  ms: Type.Number({ description: 'Milliseconds from commit to applied' }),
}, { additionalProperties: false });
export type AppliedNode = Static<typeof AppliedNode>;

/** One row's change as the data plane sees it; null = absent. */
export const RowChange = Type.Object({
  table: Type.String(),
  key: Type.String(),
  before: Type.Unknown(),
  after: Type.Unknown(),
}, { additionalProperties: false });
export type RowChange = Static<typeof RowChange>;

/** What every write adds to its answer. `changes` is there on a dry run only. */
export const writeFields = {
  rev: Type.Integer({ description: 'Revision that holds the change; the present one when nothing changed' }),
  applied: Type.Optional(Type.Array(AppliedNode)),
  missing: Type.Optional(Type.Array(Type.String(), { description: 'Connected nodes that have not applied it yet' })),
  dryRun: Type.Optional(Type.Literal(true)),
  changes: Type.Optional(Type.Array(RowChange)),
};
export const WriteAnswer = Type.Object(writeFields, { additionalProperties: false });
export type WriteAnswer = Static<typeof WriteAnswer>;

export function listOf<T extends TSchema>(item: T) {
  return Type.Object({
    items: Type.Array(item),
    next: Type.Union([Type.String(), Type.Null()]),
  }, { additionalProperties: false });
}

/** A page of a keyset list. */
export interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}
