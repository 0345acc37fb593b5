/** From the schema of a whole body to that of its JSON merge patch (RFC 7396): every field optional, null takes it away. */
import { Type } from 'typebox';
import type { TSchema } from 'typebox';

export type MergePatch = Readonly<Record<string, unknown>>;

/** For a body schema; its fields may be patched at any depth, lists are replaced whole. */
export function mergePatchOf(schema: TSchema) {
  return Type.Unsafe<MergePatch>(patched(schema));
}

function patched(schema: TSchema): TSchema {
  const properties = propertiesOf(schema);
  if (properties === null) return schema;
  return Type.Object(
    Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, Type.Optional(orNull(patched(field)))])),
    { additionalProperties: false },
  );
}

function orNull(schema: TSchema): TSchema {
  if ('anyOf' in schema && Array.isArray(schema.anyOf)) {
    const branches = schema.anyOf as TSchema[];
    if (branches.some((branch) => 'type' in branch && branch.type === 'null')) return schema;
    return Type.Union([...branches, Type.Null()]);
  }
  return Type.Union([schema, Type.Null()]);
}

function propertiesOf(schema: TSchema): Readonly<Record<string, TSchema>> | null {
  if (!('properties' in schema) || typeof schema.properties !== 'object' || schema.properties === null) return null;
  return schema.properties as Readonly<Record<string, TSchema>>;
}
