/** Decoders of route sets, their rules and the rates that rules choose by. */
import type { Faults } from './decode-reader.ts';
import { FieldReader, readInteger } from './decode-reader.ts';
import { maxId } from './decode-tenancy.ts';
import { limits } from './limits.ts';
import { ruleDefaults } from './rows.ts';
import type { FailoverTrigger, RateRow, RouteSetRow, RuleMatch, RuleRow, TimeWindow } from './rows.ts';
import { isHostName } from './target.ts';
import { isTimezone } from './timezone.ts';
import { isUserText, isUserTextOrEmpty } from './user-text.ts';

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
  fields.defaulting(ruleDefaults);
  const id = fields.integer('id', 1, maxId);
  const routeSet = fields.integer('routeSet', 0, maxId);
  const rates = fields.integer('rates', 0, maxId);
  const enumSuffix = fields.formatted('enumSuffix', 0, limits.domainLength, (text) => text === '' || isSuffix(text), 'empty or a DNS name in lower case, such as e164.arpa');
  const leastSets = rates === 0 && enumSuffix === '' ? 1 : 0;
  const row: RuleRow = {
    id, routeSet, rates, enumSuffix,
    position: fields.integer('position', 0, maxId),
    match: readMatch(fields.object('match')),
    methods: fields.distinct('methods', 0, limits.methodsPerRule, readMethod),
    sets: fields.distinct('sets', leastSets, limits.setsPerRule, (value, pointer, faults) => readInteger(value, pointer, 0, maxId, faults)),
    prices: fields.list('prices', 0, limits.setsPerRule, (value, pointer, faults) => readInteger(value, pointer, 0, limits.price, faults)),
    windows: fields.list('windows', 0, limits.windowsPerRule, readWindow),
    strip: fields.integer('strip', 0, limits.userPartLength),
    prepend: fields.formatted('prepend', 0, limits.userPartLength, isUserTextOrEmpty, 'characters of a SIP user part'),
  };
  if (row.prices.length !== 0 && row.prices.length !== row.sets.length) {
    fields.faults.add(fields.at('prices'), 'mismatch', 'must be empty or hold one price for each of sets');
  }
  return row;
}

export function decodeRate(fields: FieldReader): RateRow {
  return {
    table: fields.integer('table', 1, maxId),
    prefix: fields.formatted('prefix', 1, limits.numberLength, isNumberPrefix, 'digits, which + may precede'),
    set: fields.integer('set', 0, maxId),
    price: fields.integer('price', 0, limits.price),
  };
}

const isSuffix = (text: string): boolean => isHostName(text) && text === text.toLowerCase();

/** True for what a price may hang on: `49`, `+4930`, `+`. */
export const isNumberPrefix = (text: string): boolean => /^(?:\+?[0-9]+|\+)$/.test(text);

function readWindow(value: unknown, pointer: string, faults: Faults): TimeWindow {
  const fields = new FieldReader(value, pointer, faults);
  const window: TimeWindow = {
    timezone: fields.formatted('timezone', 1, limits.slugLength, isTimezone, 'an IANA time zone, such as Europe/Berlin'),
    days: fields.distinct('days', 1, 7, (day, at) => readInteger(day, at, 1, 7, faults)),
    from: fields.formatted('from', 5, 5, isClock, 'a time of day HH:MM'),
    to: fields.formatted('to', 5, 5, (text) => text === '24:00' || isClock(text), 'a time of day HH:MM, or 24:00'),
  };
  fields.close();
  return window;
}

const isClock = (text: string): boolean => /^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/.test(text);

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
