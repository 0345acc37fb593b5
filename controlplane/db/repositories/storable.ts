/** What PostgreSQL can hold: no NUL in text or jsonb, no lone surrogate in jsonb. Everything that others say goes through here. */
import type { Prisma } from '../generated/client.ts';

const maxDepth = 8;

export function storableText(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

/** A JSON object of a value's own enumerable fields; what is no JSON (and what is nested deeper than eight) is left out. */
export function storableObject(value: object): Prisma.InputJsonObject {
  return object(value, 0);
}

function object(value: object, depth: number): Prisma.InputJsonObject {
  const fields = Object.entries(value).flatMap(([name, field]): [string, Prisma.InputJsonValue | null][] => {
    const stored = storable(field, depth + 1);
    return stored === undefined ? [] : [[storableText(name), stored]];
  });
  return Object.fromEntries(fields);
}

function storable(value: unknown, depth: number): Prisma.InputJsonValue | null | undefined {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return storableText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object' || depth > maxDepth) return undefined;
  if (Array.isArray(value)) return value.map((item: unknown) => storable(item, depth + 1) ?? null);
  return object(value, depth);
}
