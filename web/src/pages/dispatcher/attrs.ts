/** Attributes of a destination as lines of text, one `name=value` each. Pure. */

type Attrs = Readonly<Record<string, string>>;

export const attrsText = (attrs: Attrs): string =>
  Object.entries(attrs)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');

function readAttrs(text: string): Map<string, string> {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  return new Map(lines.map((line) => {
    const at = line.indexOf('=');
    return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  }));
}

/** The merge patch that makes `before` what the text says: null takes an attribute away. */
export function attrsPatch(text: string, before: Attrs): Record<string, string | null> {
  const after = readAttrs(text);
  const gone = Object.keys(before).filter((name) => !after.has(name));
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...Object.fromEntries(after) };
}
