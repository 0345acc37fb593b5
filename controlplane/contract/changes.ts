import { Type } from 'typebox';
import type { Static } from 'typebox';
import { RowChange, WriteAnswer } from './query.ts';

/** One revision, without its rows. */
export const Change = Type.Object({
  rev: Type.Integer(),
  atMs: Type.Integer(),
  /** `token:NAME`, `user:EMAIL` or `system`. */
  actor: Type.String(),
  address: Type.String(),
  requestId: Type.String(),
  /** One sentence, e.g. "Put tenant acme". */
  summary: Type.String(),
  ops: Type.Integer({ description: 'Number of rows that changed' }),
}, { additionalProperties: false });
export type Change = Static<typeof Change>;

export const ChangeDetail = Type.Object({
  ...Change.properties,
  changes: Type.Array(RowChange),
  /** True when more rows changed than are listed (at most 1,000 are). */
  truncated: Type.Boolean(),
}, { additionalProperties: false });
export type ChangeDetail = Static<typeof ChangeDetail>;

/** POST /changes/{rev}/rollback: the configuration is again what it was at `rev`, as a new revision. */
export const RollbackAnswer = WriteAnswer;
export type RollbackAnswer = WriteAnswer;
