import { describe, expect, it } from 'vitest';
import { ServerLocator, zoneOf } from '../../../dataplane/dns/server-locator.ts';
import { ManualClock } from '../../../dataplane/runtime/clock.ts';
import type { Located } from '../../../dataplane/transport/locate.ts';
import { srv, ZoneSource } from './zone.ts';

const make = (source: ZoneSource): { locator: ServerLocator; find: (host: string, transport?: string, key?: string) => Promise<string> } => {
  const locator = new ServerLocator(new ManualClock(1), source, () => ({ v4: true, v6: true }), Math.random);
  const text = (places: readonly Located[]): string => places.map(({ transport, address, port }) => `${transport}:${address}:${port}`).join(' ');
  return { locator, find: (host, transport = '', key = '') => new Promise((done) => { locator.locate(host, 0, transport, false, 4, key, (places) => done(text(places))); }) };
};

describe('the locator of a worker', () => {
  it.each([
    ['192.0.2.1', '', 'udp:192.0.2.1:5060'], ['[2001:db8::1]', 'tcp', 'tcp:2001:db8::1:5060'], ['192.0.2.1', 'ws', ''], ['', '', ''], ['x'.repeat(254), '', ''],
  ])('answers "%s" by "%s" at once and without DNS', (host, transport, expected) => {
    const source = new ZoneSource({});
    const heard: string[] = [];
    make(source).locator.locate(host, 0, transport, false, 4, '', (places) => heard.push(places.map((one) => `${one.transport}:${one.address}:${one.port}`).join(' ')));
    expect([heard, source.log]).toEqual([[expected], []]);
  });

  it('asks once for a name in any case, apart for each transport', async () => {
    const source = new ZoneSource({ addresses: { 'pbx.example': ['192.0.2.1'] } });
    const { find } = make(source);
    expect(await Promise.all([find('pbx.example', 'udp'), find('PBX.Example.', 'UDP'), find('pbx.example', 'tcp')])).toEqual(['udp:192.0.2.1:5060', 'udp:192.0.2.1:5060', 'tcp:192.0.2.1:5060']);
    expect(source.log.filter((one) => one.startsWith('SRV'))).toEqual(['SRV _sip._udp.pbx.example', 'SRV _sip._tcp.pbx.example']);
    expect(await find('pbx.example', 'udp')).toBe('udp:192.0.2.1:5060');
    expect(source.log.length).toBe(4);
  });

  it('gives equal servers in another order each time, but requests of one key always in the same, and keys spread', async () => {
    const hosts = Array.from({ length: 8 }, (_, n) => `h${n}.example`);
    const source = new ZoneSource({ srv: { '_sip._udp.pbx.example': hosts.map((host) => srv(host, { weight: 10 })) }, addresses: Object.fromEntries(hosts.map((host, n) => [host, [`192.0.2.${n}`]])) });
    const { find } = make(source);
    const drawn = new Set(await Promise.all(Array.from({ length: 50 }, () => find('pbx.example', 'udp'))));
    expect(drawn.size).toBeGreaterThan(10);
    const sticky = new Set(await Promise.all(Array.from({ length: 50 }, () => find('pbx.example', 'udp', 'call-1'))));
    expect(sticky.size).toBe(1);
    const firsts = await Promise.all(Array.from({ length: 800 }, async (_, n) => (await find('pbx.example', 'udp', `call-${n}`)).split(' ')[0]));
    for (let n = 0; n < 8; n++) expect(firsts.filter((first) => first === `udp:192.0.2.${n}:5060`).length).toBeGreaterThan(50);
  });

  it('takes the last two labels of a name for its zone', () => {
    expect(['a.b.c.example.com', 'example.com', 'localhost', ''].map(zoneOf)).toEqual(['example.com', 'example.com', 'localhost', '']);
  });
});
