/** The planes log JSON lines; on a terminal they become one readable line each, elsewhere they pass unchanged. */

const levels = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };
const colours = { warn: 33, error: 31, fatal: 31, debug: 2, trace: 2 };
const hidden = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'name', 'v', 'plane']);

const clock = (time) => new Date(time).toTimeString().slice(0, 8);
const shown = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

/** Renders one line of `source` for a terminal. Lines that are not JSON pass as they are. */
export function readableLine(source, line) {
  let entry;
  try {
    entry = JSON.parse(line);
  } catch {
    return line;
  }
  if (entry === null || typeof entry !== 'object' || entry.msg === undefined) return line;
  const level = typeof entry.level === 'number' ? (levels[entry.level] ?? 'info') : String(entry.level ?? 'info');
  const details = Object.entries(entry)
    .filter(([key]) => !hidden.has(key))
    .map(([key, value]) => `${key}=${key === 'err' && value?.message ? value.message : shown(value)}`)
    .join(' ');
  const word = colours[level] ? `\u001b[${colours[level]}m${level.padEnd(5)}\u001b[0m` : level.padEnd(5);
  return `${clock(entry.time ?? Date.now())} ${source.padEnd(7)} ${word} ${entry.msg}${details ? `  \u001b[2m${details}\u001b[0m` : ''}`;
}
