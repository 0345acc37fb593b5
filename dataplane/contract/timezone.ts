/** IANA time zones, as the runtime's own tables know them. */

/** Names found to be good: asking costs some microseconds, and a configuration names a handful. */
const known = new Set<string>();
/** There are some 600; spelling variants must not fill the memory. */
const knownMost = 1_000;

/** True for a name such as `Europe/Berlin` or `UTC`; offsets (`+02:00`) are no names. */
export function isTimezone(name: string): boolean {
  if (known.has(name)) return true;
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    return false;
  }
  if (known.size < knownMost) known.add(name);
  return true;
}
