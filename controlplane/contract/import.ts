import { Type } from 'typebox';
import type { Static } from 'typebox';
import { writeFields } from './query.ts';

/** POST /import/kamailio-dbtext: the tables by file name. */
export const DbTextBody = Type.Object({
  files: Type.Record(Type.String({ minLength: 1, maxLength: 255 }), Type.String({ maxLength: 16 * 1024 * 1024 }), { maxProperties: 32 }),
}, { additionalProperties: false });
export type DbTextBody = Static<typeof DbTextBody>;

export const ImportNote = Type.Object({
  code: Type.String(),
  /** File, line and column (`domain:3:14`), or the entity. */
  where: Type.String(),
  message: Type.String(),
}, { additionalProperties: false });
export type ImportNote = Static<typeof ImportNote>;

/** Destinations of a changed set that are listed by name; the counts are complete. */
export const listedDestinations = 20;

export const ImportedDestinations = Type.Object({
  added: Type.Integer(),
  changed: Type.Integer(),
  removed: Type.Integer(),
  items: Type.Array(Type.Object({
    change: Type.Union([Type.Literal('added'), Type.Literal('changed'), Type.Literal('removed')]),
    uri: Type.String(),
    fields: Type.Array(Type.String(), { description: 'What changes; empty for one that is added or removed' }),
  }, { additionalProperties: false }), { description: `At most the first ${listedDestinations}` }),
}, { additionalProperties: false });
export type ImportedDestinations = Static<typeof ImportedDestinations>;

export const ImportChange = Type.Object({
  entity: Type.Union([Type.Literal('tenant'), Type.Literal('dispatcher-set'), Type.Literal('route-set'), Type.Literal('domain'), Type.Literal('number')]),
  key: Type.String(),
  /** What changes, in words; empty for a new entity. */
  fields: Type.Array(Type.String()),
  destinations: Type.Optional(Type.Union([ImportedDestinations, Type.Null()], { description: 'Of a dispatcher set that was there: what becomes of its destinations; null or absent = nothing' })),
}, { additionalProperties: false });
export type ImportChange = Static<typeof ImportChange>;

/** `creates`, `updates` and `unchanged` are cut at 1,000 entries; `counts` are complete. */
export const ImportReport = Type.Object({
  format: Type.String(),
  dryRun: Type.Boolean(),
  /** The revision that the import became; null on a dry run or when nothing changed. */
  rev: Type.Union([Type.Integer(), Type.Null()]),
  applied: writeFields.applied,
  missing: writeFields.missing,
  counts: Type.Object({ creates: Type.Integer(), updates: Type.Integer(), unchanged: Type.Integer() }, { additionalProperties: false }),
  creates: Type.Array(ImportChange),
  updates: Type.Array(ImportChange),
  unchanged: Type.Array(ImportChange),
  /** Suspicious, but imported. */
  warnings: Type.Array(ImportNote),
  /** What has no place here. */
  cannotKeep: Type.Array(ImportNote),
  /** Settings of the whole installation that the old system had; they are the operator's to make. */
  suggestions: Type.Array(Type.Object({
    code: Type.String(), message: Type.String(), setting: Type.Record(Type.String(), Type.Unknown()),
  }, { additionalProperties: false })),
}, { additionalProperties: false });
export type ImportReport = Static<typeof ImportReport>;
