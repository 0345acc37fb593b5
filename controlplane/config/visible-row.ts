/** Rows of the change log as people may see them. */

/** A row's text as an object; the key of a certificate, although sealed, is left out. */
export function visibleRow(table: string, json: string | null): Readonly<Record<string, unknown>> | null {
  if (json === null) return null;
  const row = JSON.parse(json) as Readonly<Record<string, unknown>>;
  return table === 'certificate' ? { ...row, key: 'sealed' } : row;
}
