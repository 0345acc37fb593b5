import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { enumDomain, enumUri } from '../../../dataplane/dns/enum.ts';
import { EnumDirectory } from '../../../dataplane/dns/number-directory.ts';
import type { NaptrRecord } from '../../../dataplane/dns/records.ts';
import { substitute } from '../../../dataplane/dns/substitution.ts';
import { ManualClock } from '../../../dataplane/runtime/clock.ts';
import { naptr, ZoneSource, type Zone } from './zone.ts';

const number = '+4930123456';

describe('a substitution expression (RFC 3402)', () => {
  it.each([
    ['!^.*$!sip:info@pbx.example!', 'sip:info@pbx.example'],
    ['!^\\+49(.*)$!sip:\\1@pbx.example!', 'sip:30123456@pbx.example'],
    ['!^(\\+49)(30)(.+)$!sip:\\3.\\2@\\1.example!', 'sip:123456.30@+49.example'],
    ['!(^.*$)!sip:\\1@pbx.example!', 'sip:+4930123456@pbx.example'],
    ['|^\\+([0-9]{2})([0-9]{1,15})$|sip:\\2@c\\1.example|i', 'sip:30123456@c49.example'],
    ['/^\\+49[1-5]0([^9]*)$/sip:\\1@x.example/', 'sip:123456@x.example'],
    ['!^\\+49.?0123456$!sip:a\\!b@x.example!', 'sip:a!b@x.example'],
    ['!^((\\+49)30)(123)456$!sip:\\2\\3@x.example!', 'sip:+49123@x.example'],
  ])('%s makes %s', (expression, expected) => {
    expect(substitute(expression, number)).toBe(expected);
  });

  it.each([
    ['matches something else', '!^\\+1.*$!sip:x@x.example!'],
    ['is not anchored', '!.*!sip:x@x.example!'],
    ['has an open end', '!^\\+49(.*)!sip:\\1@x.example!'],
    ['repeats a group', '!^(.*)*$!sip:x@x.example!'],
    ['repeats a group with bounds', '!^(.+){9}$!sip:x@x.example!'],
    ['repeats a repetition', '!^.**$!sip:x@x.example!'],
    ['has alternatives', '!^(\\+49|\\+1).*$!sip:x@x.example!'],
    ['repeats too often', '!^.*.*.*.*.*$!sip:x@x.example!'],
    ['counts too far', '!^.{1,99}$!sip:x@x.example!'],
    ['counts backwards', '!^.{9,2}$!sip:x@x.example!'],
    ['names a class', '!^[[:digit:]+]*$!sip:x@x.example!'],
    ['has a range the wrong way round', '!^[9-0]*.*$!sip:x@x.example!'],
    ['looks behind', '!^(?=.).*$!sip:x@x.example!'],
    ['uses an escape of another language', '!^\\+\\d*$!sip:x@x.example!'],
    ['refers back inside', '!^(.)\\1*$!sip:x@x.example!'],
    ['leaves a group open', '!^(.*$!sip:x@x.example!'],
    ['has two fields', '!^.*$!sip:x@x.example'],
    ['has four fields', '!^.*$!sip:x@x.example!!!'],
    ['has an unknown flag', '!^.*$!sip:x@x.example!g'],
    ['has a digit as delimiter', '1^.*$1sip:x@x.example1'],
    ['is empty', ''],
    ['is too long', `!^.*$!sip:${'x'.repeat(260)}@x.example!`],
    ['grows too long', `!^(.*)$!${'\\1'.repeat(60)}!`],
  ])('that %s is refused', (_, expression) => {
    expect(substitute(expression, number)).toBeNull();
  });

  it('never throws and never takes long, whatever it is', () => {
    const piece = fc.constantFrom('^', '$', '.', '*', '+', '?', '(', ')', '[', ']', '-', '\\', '{', '}', '1', '9', ',', '|', 'x', '\\1', '[^9]', '.*', '(.*)');
    fc.assert(fc.property(fc.array(piece, { maxLength: 60 }), fc.array(piece, { maxLength: 10 }), (pattern, replacement) => {
      const started = performance.now();
      const result = substitute(`!^${pattern.join('')}$!${replacement.join('')}!`, '+123456789012345');
      expect(result === null || typeof result === 'string').toBe(true);
      expect(performance.now() - started).toBeLessThan(200);
    }), { numRuns: 3_000 });
  });
});

describe('a number', () => {
  it('is a domain digit by digit, in reverse (RFC 6116 §3.2)', () => {
    expect(enumDomain('+4930123', 'E164.arpa.')).toBe('3.2.1.0.3.9.4.e164.arpa');
    expect(enumDomain('4930123', 'e164.arpa')).toBe('3.2.1.0.3.9.4.e164.arpa');
    for (const wrong of ['', '+', '+49 30', '110a', '+1234567890123456']) expect(enumDomain(wrong, 'e164.arpa')).toBeNull();
    for (const suffix of ['', '.', 'a..b', 'x y', 'x'.repeat(64)]) expect(enumDomain('+49', suffix)).toBeNull();
  });

  it('becomes a sip or sips URI or nothing', () => {
    expect(enumUri('!^.*$!sips:a@x.example!', '4930123456')).toBe('sips:a@x.example');
    for (const other of ['mailto:a@x.example', 'tel:+491', 'sip:', 'sip:a@', 'sip:a@x.example?Route=evil', 'sip:a b@x.example', 'http://x.example']) expect(enumUri(`!^.*$!${other}!`, number)).toBeNull();
  });
});

describe('looking a number up (RFC 6116)', () => {
  const domain = '6.5.4.3.2.1.0.3.9.4.e164.arpa';
  const rule = (user: string, over: Partial<NaptrRecord> = {}): NaptrRecord => naptr('E2U+sip', '', { flags: 'u', regexp: `!^.*$!sip:${user}@x.example!`, ...over });
  const look = async (records: Record<string, readonly NaptrRecord[]>, zone: Zone = {}): Promise<{ uris: readonly string[]; log: string[] }> => {
    const source = new ZoneSource({ ...zone, naptr: records });
    const directory = new EnumDirectory(new ManualClock(1), source);
    const uris = await new Promise<readonly string[]>((done) => { directory.enumLookup(number, 'e164.arpa', done); });
    return { uris, log: source.log };
  };

  it('gives the URIs of the lowest order by preference, each once', async () => {
    expect((await look({ [domain]: [rule('c', { preference: 30 }), rule('a'), rule('b', { preference: 20, service: 'E2U+SIP' }), rule('a', { preference: 40 }), rule('later', { order: 20 })] })).uris)
      .toEqual(['sip:a@x.example', 'sip:b@x.example', 'sip:c@x.example']);
  });

  it('passes over other services and flags, rules that do not fit, and goes on to the next order then', async () => {
    const others = [rule('m', { service: 'E2U+email:mailto' }), rule('s', { service: 'SIP+D2U' }), rule('x', { flags: 's' }), rule('n', { regexp: '!^\\+1.*$!sip:n@x.example!' }), rule('v', { service: 'E2U+sipx' })];
    expect((await look({ [domain]: [...others, rule('next', { order: 20, service: 'e2u+voice:tel+sip' })] })).uris).toEqual(['sip:next@x.example']);
    expect((await look({ [domain]: others })).uris).toEqual([]);
  });

  it('follows rules that name another domain, three times at most', async () => {
    const to = (replacement: string): NaptrRecord => naptr('', replacement, { flags: '' });
    expect(await look({ [domain]: [to('one.example')], 'one.example': [rule('there')] })).toEqual({ uris: ['sip:there@x.example'], log: [`NAPTR ${domain}`, 'NAPTR one.example'] });
    const loop = await look({ [domain]: [to('one.example')], 'one.example': [to('two.example'), to('one.example')], 'two.example': [to('one.example')] });
    expect(loop.uris).toEqual([]);
    expect(loop.log.length).toBe(4);
  });

  it('asks nothing for what is no number, and once for what it knows', async () => {
    const source = new ZoneSource({ naptr: { [domain]: [rule('a')] } });
    const directory = new EnumDirectory(new ManualClock(1), source);
    const uris: (readonly string[])[] = [];
    directory.enumLookup('sales', 'e164.arpa', (found) => uris.push(found));
    expect([uris, source.log]).toEqual([[[]], []]);
    await new Promise<void>((done) => { directory.enumLookup(number, 'e164.arpa', () => done()); });
    directory.enumLookup('4930123456', 'e164.arpa', (found) => uris.push(found));
    expect([uris.at(-1), source.log.length]).toEqual([['sip:a@x.example'], 1]);
  });
});
