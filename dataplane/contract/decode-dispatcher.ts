/** Decoders of dispatcher sets and their destinations. */
import type { FieldReader, Faults } from './decode-reader.ts';
import { escapePointer, isObject, readInteger, readText, reportType } from './decode-reader.ts';
import { maxId } from './decode-tenancy.ts';
import { limits } from './limits.ts';
import { algorithms, dispatcherSetDefaults } from './rows.ts';
import type { DestinationRow, DispatcherSetRow } from './rows.ts';
import { parseTarget } from './target.ts';

export function decodeDispatcherSet(fields: FieldReader): DispatcherSetRow {
  fields.defaulting(dispatcherSetDefaults);
  const id = fields.integer('id', 0, maxId);
  const name = fields.text('name', 0, limits.nameLength);
  const tenant = fields.integerOrNull('tenant', 1, maxId);
  const algorithm = fields.oneOf('algorithm', Object.values(algorithms));
  const affinity = fields.oneOf('affinity', ['none', 'aor', 'source', 'call-id']);
  const affinityAll = fields.boolean('affinityAll');
  const hashOn = fields.formatted('hashOn', 1, limits.nameLength, isHashOn, `${hashedValues.join(', ')} or header:NAME`);
  const slowStartMs = fields.integer('slowStartMs', 0, limits.slowStartMs);
  const registration = fields.oneOf('registration', ['path', 'contact']);
  const probing = fields.object('probing');
  const row: DispatcherSetRow = {
    id, name, tenant, algorithm, affinity, affinityAll, hashOn, slowStartMs, registration,
    probing: {
      mode: probing.oneOf('mode', ['always', 'failing', 'never']),
      intervalMs: probing.integer('intervalMs', 500, 3_600_000),
      timeoutMs: probing.integer('timeoutMs', 100, 60_000),
      downAfter: probing.integer('downAfter', 1, 100),
      upAfter: probing.integer('upAfter', 1, 100),
      codes: probing.distinct('codes', 1, limits.codesPerSet, readProbeCode),
      from: probing.formatted('from', 0, limits.uriLength, isProbeFrom, 'empty or a SIP URI such as sip:ping@edge.example'),
      useUnknown: probing.boolean('useUnknown'),
    },
  };
  probing.close();
  return row;
}

const hashedValues: readonly string[] = ['from', 'from-user', 'to', 'to-user', 'ruri', 'ruri-user', 'call-id', 'source', 'auth-user'];

/** RFC 3261 §25.1: a header name is a token. */
const isHashOn = (text: string): boolean => hashedValues.includes(text) || /^header:[A-Za-z0-9.!%*_+`'~-]{1,64}$/.test(text);

export function decodeDestination(fields: FieldReader): DestinationRow {
  return {
    id: fields.integer('id', 1, maxId),
    set: fields.integer('set', 0, maxId),
    uri: fields.formatted('uri', 1, limits.uriLength, (uri) => parseTarget(uri) !== null, 'a SIP URI without user part: sip:host[:port][;transport=udp|tcp|tls], IPv6 in brackets'),
    rank: fields.integer('rank', 1, limits.rank),
    weight: fields.integer('weight', 0, limits.weight),
    admin: fields.oneOf('admin', ['enabled', 'draining', 'disabled']),
    attrs: readAttrs(fields),
  };
}

function readAttrs(fields: FieldReader): Record<string, string> {
  const value = fields.take('attrs');
  const pointer = fields.at('attrs');
  const attrs: Record<string, string> = {};
  if (!isObject(value)) {
    reportType(value, pointer, `must be an object of up to ${limits.attrsPerDestination} text values`, fields.faults);
    return attrs;
  }
  const entries = Object.entries(value);
  if (entries.length > limits.attrsPerDestination) {
    fields.faults.add(pointer, 'too-long', `must have at most ${limits.attrsPerDestination} entries`);
    return attrs;
  }
  for (const [name, entry] of entries) {
    const at = `${pointer}/${escapePointer(name)}`;
    if (name === '__proto__' || !/^[A-Za-z0-9_.-]{1,64}$/.test(name)) {
      fields.faults.add(at, 'format', 'must be named by 1 to 64 letters, digits, _, . and -');
      continue;
    }
    attrs[name] = readText(entry, at, 0, limits.attrLength, fields.faults);
  }
  return attrs;
}

/** Only a final answer shows that a destination is alive. */
function readProbeCode(value: unknown, pointer: string, faults: Faults): number {
  return readInteger(value, pointer, 200, 699, faults);
}

function isProbeFrom(text: string): boolean {
  if (text === '') return true;
  const at = text.indexOf('@');
  if (at < 0) return parseTarget(text) !== null;
  const colon = text.indexOf(':');
  const user = text.slice(colon + 1, at);
  return /^[A-Za-z0-9_.!~*'()&=+$,;?/%-]+$/.test(user) && parseTarget(text.slice(0, colon + 1) + text.slice(at + 1)) !== null;
}
