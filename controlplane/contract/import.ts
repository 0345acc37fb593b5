import { Type } from 'typebox';
import type { Static } from 'typebox';

export const ImportNote = Type.Object({
  level: Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('error')]),
  /** Where: file and line, or table and row. */
  at: Type.String(),
  text: Type.String(),
}, { additionalProperties: false });
export type ImportNote = Static<typeof ImportNote>;

export const ImportReport = Type.Object({
  format: Type.String(),
  dryRun: Type.Boolean(),
  rev: Type.Union([Type.Integer(), Type.Null()]),
  read: Type.Record(Type.String(), Type.Integer()),
  created: Type.Integer(), updated: Type.Integer(), unchanged: Type.Integer(), skipped: Type.Integer(),
  notes: Type.Array(ImportNote),
}, { additionalProperties: false });
export type ImportReport = Static<typeof ImportReport>;
