export interface FieldDiff {
  /** Dotted path within the row. */
  readonly path: string;
  /** JSON text; null = absent. */
  readonly before: string | null;
  readonly after: string | null;
}

function flatten(value: unknown, path: string, into: Map<string, string>): void {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    for (const [name, inner] of Object.entries(value)) flatten(inner, path === '' ? name : `${path}.${name}`, into);
    return;
  }
  into.set(path, JSON.stringify(value));
}

/** The fields in which two versions of a row differ; null or undefined = no row. Pure. */
export function fieldDiff(before: unknown, after: unknown): readonly FieldDiff[] {
  const old = new Map<string, string>();
  const now = new Map<string, string>();
  if (before !== null && before !== undefined) flatten(before, '', old);
  if (after !== null && after !== undefined) flatten(after, '', now);
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  return paths
    .map((path) => ({ path, before: old.get(path) ?? null, after: now.get(path) ?? null }))
    .filter((field) => field.before !== field.after);
}
