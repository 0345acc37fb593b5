/** Decoders of route sets and their rules. */
import type { Faults, FieldReader } from './decode-reader.ts';
import { readInteger } from './decode-reader.ts';
import { maxId } from './decode-tenancy.ts';
import { limits } from './limits.ts';
import type { FailoverTrigger, RouteSetRow, RuleMatch, RuleRow } from './rows.ts';

export function decodeRouteSet(fields: FieldReader): RouteSetRow {
  const number = fields.integer('number', 0, maxId);
  const name = fields.text('name', 0, limits.nameLength);
  const tenant = fields.integerOrNull('tenant', 1, maxId);
  const family = fields.oneOf('family', ['prefer', 'match', 'any']);
  const failover = fields.object('failover');
  const row: RouteSetRow = {
    number, name, tenant, family,
    failover: {
      frMs: failover.integer('frMs', 100, 60_000),
      frInviteMs: failover.integer('frInviteMs', 1_000, 600_000),
      on: failover.distinct('on', 0, limits.codesPerSet, readTrigger),
      maxAttempts: failover.integer('maxAttempts', 1, 16),
    },
  };
  failover.close();
  return row;
}

export function decodeRule(fields: FieldReader): RuleRow {
  return {
    id: fields.integer('id', 1, maxId),
    routeSet: fields.integer('routeSet', 0, maxId),
    position: fields.integer('position', 0, maxId),
    match: readMatch(fields.object('match')),
    methods: fields.distinct('methods', 0, limits.methodsPerRule, readMethod),
    sets: fields.distinct('sets', 1, limits.setsPerRule, (value, pointer, faults) => readInteger(value, pointer, 0, maxId, faults)),
    strip: fields.integer('strip', 0, limits.userPartLength),
    prepend: fields.formatted('prepend', 0, limits.userPartLength, (text) => text === '' || isUserText(text), 'characters of a SIP user part'),
  };
}

function readMatch(fields: FieldReader): RuleMatch {
  const type = fields.oneOf('type', ['exact', 'range', 'prefix', 'any']);
  const match = ((): RuleMatch => {
    switch (type) {
      case 'exact': return { type, value: userText(fields, 'value') };
      case 'prefix': return { type, value: userText(fields, 'value') };
      case 'range': return readRange(fields);
      case 'any': return { type };
    }
  })();
  fields.close();
  return match;
}

/** Both ends have the same number of digits, so text order is number order whatever their size. */
function readRange(fields: FieldReader): RuleMatch {
  const before = fields.faults.list.length;
  const from = digits(fields, 'from');
  const to = digits(fields, 'to');
  if (fields.faults.list.length === before) {
    if (from.length !== to.length) fields.faults.add(fields.at('to'), 'mismatch', 'must have as many digits as from');
    else if (from > to) fields.faults.add(fields.at('to'), 'out-of-range', 'must not be less than from');
  }
  return { type: 'range', from, to };
}

const digits = (fields: FieldReader, name: string): string =>
  fields.formatted(name, 1, limits.userPartLength, (text) => /^[0-9]+$/.test(text), 'digits');

const userText = (fields: FieldReader, name: string): string =>
  fields.formatted(name, 1, limits.userPartLength, isUserText, 'characters of a SIP user part');

/** RFC 3261 §25.1 `user`, escapes undone; `#` and `^` are tolerated because PBXs dial them. */
const isUserText = (text: string): boolean => /^[A-Za-z0-9_.!~*'()&=+$,;?/#^-]+$/.test(text);

function readTrigger(value: unknown, pointer: string, faults: Faults): FailoverTrigger {
  if (value === 'timeout' || value === 'transport') return value;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 300 && value <= 699) return value;
  faults.add(pointer, 'not-allowed', 'must be timeout, transport or a status code of 300 to 699');
  return 'timeout';
}

function readMethod(value: unknown, pointer: string, faults: Faults): string {
  if (typeof value === 'string' && /^[A-Z][A-Z0-9._-]{0,31}$/.test(value)) return value;
  faults.add(pointer, typeof value === 'string' ? 'format' : 'type', 'must be a SIP method in upper case');
  return '';
}
