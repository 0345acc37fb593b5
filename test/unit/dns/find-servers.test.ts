import { describe, expect, it } from 'vitest';
import { findServers, numericPlaces, type Reach } from '../../../dataplane/dns/find-servers.ts';
import { dnsLimits } from '../../../dataplane/dns/records.ts';
import { wishOf, type Wish } from '../../../dataplane/dns/selection.ts';
import { naptr, srv, ZoneSource, type Zone } from './zone.ts';

const both = { v4: true, v6: true };
const everything: Reach = () => both;
const only = (...transports: string[]): Reach => (transport) => (transports.includes(transport) ? both : { v4: false, v6: false });

const wish = (uri: string): Wish => {
  const [, scheme = '', host = '', port = '0', transport = ''] = /^(sips?):([^:;[]+|\[[^\]]+\])(?::(\d+))?(?:;transport=(\w+))?$/.exec(uri) ?? [];
  const read = wishOf(host, Number(port), transport, scheme === 'sips');
  if (read === null) throw new Error(`no wish: ${uri}`);
  return read;
};

/** Servers as `priority/weight transport:address:port ...`, and the questions. */
async function find(uri: string, zone: Zone, reach: Reach = everything): Promise<{ servers: string[]; log: string[]; told: boolean; ttlMs: number }> {
  const source = new ZoneSource(zone);
  const { servers, told, ttlMs } = await findServers(source, reach, wish(uri));
  return {
    servers: servers.map(({ priority, weight, places }) => `${priority}/${weight} ${places.map(({ transport, address, port, serverName }) => `${transport}:${address}:${port}${serverName === '' ? '' : `(${serverName})`}`).join(' ')}`),
    log: source.log, told, ttlMs,
  };
}

const pbx: Zone = { addresses: { 'pbx.example': ['192.0.2.1', '2001:db8::1'], 'a.example': ['192.0.2.10'], 'b.example': ['192.0.2.20'] } };

describe('a URI in one form', () => {
  it.each([
    ['PBX.Example.', 5060, 'UDP', false, { host: 'pbx.example', port: 5060, transport: 'udp', secure: false }],
    ['[2001:db8::1]', 0, '', false, { host: '2001:db8::1', port: 0, transport: '', secure: false }],
    ['pbx.example', 0, 'tcp', true, { host: 'pbx.example', port: 0, transport: 'tls', secure: true }],
    ['pbx.example', 0, '', true, { host: 'pbx.example', port: 0, transport: '', secure: true }],
    ['pbx.example', 0, 'udp', true, null],
    ['pbx.example', 0, 'ws', false, null],
    ['pbx.example', 0, 'sctp', false, null],
  ] as const)('%s port %s transport "%s" sips %s', (host, port, transport, secure, expected) => {
    expect(wishOf(host, port, transport, secure)).toEqual(expected);
  });
});

describe('a numeric host (RFC 3263 §4.1, §4.2)', () => {
  it.each([
    ['sip:192.0.2.1', 'udp 192.0.2.1 5060'],
    ['sip:192.0.2.1:5070', 'udp 192.0.2.1 5070'],
    ['sip:[2001:db8::1];transport=tcp', 'tcp 2001:db8::1 5060'],
    ['sips:192.0.2.1', 'tls 192.0.2.1 5061'],
    ['sip:192.0.2.1;transport=tls', 'tls 192.0.2.1 5061'],
  ])('%s is %s', (uri, expected) => {
    expect(numericPlaces(wish(uri), everything)?.map(({ transport, address, port, serverName }) => `${transport} ${address} ${port}${serverName}`)).toEqual([expected]);
  });

  it('goes by TCP on a node without UDP, and nowhere without a listener of its family', () => {
    expect(numericPlaces(wish('sip:192.0.2.1'), only('tcp'))?.[0]?.transport).toBe('tcp');
    expect(numericPlaces(wish('sip:192.0.2.1;transport=tls'), only('udp'))).toEqual([]);
    expect(numericPlaces(wish('sip:[2001:db8::1]'), () => ({ v4: true, v6: false }))).toEqual([]);
    expect(numericPlaces(wish('sip:pbx.example'), everything)).toBeNull();
  });
});

describe('a host name (RFC 3263 §4.1, §4.2)', () => {
  it('with a port is its addresses: no NAPTR, no SRV', async () => {
    const zone: Zone = { ...pbx, srv: { '_sip._udp.pbx.example': [srv('a.example')] }, naptr: { 'pbx.example': [naptr('SIP+D2T', '_sip._tcp.pbx.example')] } };
    expect(await find('sip:pbx.example:5070', zone)).toMatchObject({ servers: ['0/0 udp:192.0.2.1:5070 udp:2001:db8::1:5070'], log: ['A pbx.example'] });
    expect((await find('sips:pbx.example:5070', zone)).servers).toEqual(['0/0 tls:192.0.2.1:5070(pbx.example) tls:2001:db8::1:5070(pbx.example)']);
  });

  it('with a transport asks its SRV alone', async () => {
    const zone: Zone = { ...pbx, srv: { '_sip._tcp.pbx.example': [srv('a.example', { port: 5071 })], '_sips._tcp.pbx.example': [srv('b.example', { port: 5091 })] } };
    expect(await find('sip:pbx.example;transport=tcp', zone)).toMatchObject({ servers: ['10/0 tcp:192.0.2.10:5071'], log: ['SRV _sip._tcp.pbx.example', 'A a.example'] });
    for (const uri of ['sips:pbx.example;transport=tcp', 'sip:pbx.example;transport=tls']) expect((await find(uri, zone)).servers).toEqual(['10/0 tls:192.0.2.20:5091(pbx.example)']);
  });

  it('takes transport and service from NAPTR, lowest order and preference first', async () => {
    const zone: Zone = {
      ...pbx,
      naptr: { 'pbx.example': [
        naptr('SIP+D2U', '_sip._udp.pbx.example', { order: 20 }), naptr('SIP+D2T', '_sip._tcp.elsewhere.example', { preference: 30 }),
        naptr('SIPS+D2T', '_sips._tcp.pbx.example', { preference: 20 }), naptr('SIP+D2S', '_sip._sctp.pbx.example', { order: 1 }), naptr('E2U+sip', 'x.example', { order: 1, flags: 'u' }),
      ] },
      srv: { '_sip._udp.pbx.example': [srv('a.example')], '_sip._tcp.elsewhere.example': [srv('a.example', { port: 5070 })], '_sips._tcp.pbx.example': [srv('b.example', { port: 5061 })] },
    };
    expect(await find('sip:pbx.example', zone)).toMatchObject({
      servers: ['10/0 tls:192.0.2.20:5061(pbx.example)', '65546/0 tcp:192.0.2.10:5070'],
      log: ['NAPTR pbx.example', 'SRV _sips._tcp.pbx.example', 'SRV _sip._tcp.elsewhere.example', 'A b.example', 'A a.example'],
    });
    expect((await find('sip:pbx.example', zone, only('udp'))).servers).toEqual(['10/0 udp:192.0.2.10:5060']);
    expect((await find('sips:pbx.example', zone)).servers).toEqual(['10/0 tls:192.0.2.20:5061(pbx.example)']);
  });

  it('tries the next order of NAPTR when the first leads nowhere, then SRV by its usual names', async () => {
    const zone: Zone = { ...pbx, naptr: { 'pbx.example': [naptr('SIP+D2T', '_sip._tcp.gone.example'), naptr('SIP+D2U', '_sip._udp.there.example', { order: 20 })] }, srv: { '_sip._udp.there.example': [srv('a.example')] } };
    expect((await find('sip:pbx.example', zone)).servers).toEqual(['10/0 udp:192.0.2.10:5060']);
    expect((await find('sip:pbx.example', { ...zone, srv: { '_sip._udp.pbx.example': [srv('b.example')] } })).servers).toEqual(['10/0 udp:192.0.2.20:5060']);
  });

  it('without NAPTR asks SRV of every transport that it speaks, UDP first, and never plain ones for sips', async () => {
    const zone: Zone = { ...pbx, srv: { '_sip._tcp.pbx.example': [srv('a.example', { priority: 0 })], '_sip._udp.pbx.example': [srv('b.example', { priority: 5 })] } };
    expect(await find('sip:pbx.example', zone)).toMatchObject({
      servers: ['5/0 udp:192.0.2.20:5060', '65536/0 tcp:192.0.2.10:5060'],
      log: ['NAPTR pbx.example', 'SRV _sip._udp.pbx.example', 'SRV _sip._tcp.pbx.example', 'A b.example', 'A a.example'],
    });
    expect(await find('sips:pbx.example', zone)).toMatchObject({ servers: ['0/0 tls:192.0.2.1:5061(pbx.example) tls:2001:db8::1:5061(pbx.example)'], log: ['NAPTR pbx.example', 'SRV _sips._tcp.pbx.example', 'A pbx.example'] });
  });

  it('without SRV is its addresses at the default port', async () => {
    expect((await find('sip:pbx.example', pbx)).servers).toEqual(['0/0 udp:192.0.2.1:5060 udp:2001:db8::1:5060']);
    expect((await find('sip:pbx.example', pbx, only('tcp'))).servers).toEqual(['0/0 tcp:192.0.2.1:5060 tcp:2001:db8::1:5060']);
    expect((await find('sip:pbx.example;transport=tcp', pbx, only('udp'))).servers).toEqual([]);
  });

  it('with SRV "." has no such service: its addresses are not tried by that transport', async () => {
    expect(await find('sip:pbx.example;transport=udp', { ...pbx, srv: { '_sip._udp.pbx.example': [srv('')] } })).toMatchObject({ servers: [], told: true });
    expect((await find('sip:pbx.example', { ...pbx, srv: { '_sip._udp.pbx.example': [srv('')] } })).servers).toEqual([]);
    expect((await find('sip:pbx.example', { ...pbx, srv: { '_sip._udp.pbx.example': [srv('')], '_sip._tcp.pbx.example': [srv('a.example')] } })).servers).toEqual(['65546/0 tcp:192.0.2.10:5060']);
    expect((await find('sip:pbx.example', { ...pbx, srv: { '_sip._tcp.pbx.example': [srv('')] } })).servers).toEqual(['0/0 udp:192.0.2.1:5060 udp:2001:db8::1:5060']);
  });

  it('sorts servers by priority, keeps weights, and leaves out targets without address, port or name', async () => {
    const zone: Zone = { ...pbx, srv: { '_sip._udp.pbx.example': [
      srv('a.example', { priority: 20, weight: 7 }), srv('b.example', { priority: 10, weight: 3 }), srv('gone.example', { priority: 0 }), srv('a.example', { priority: 1, port: 0 }), srv('no name', { priority: 1 }),
    ] } };
    expect((await find('sip:pbx.example;transport=udp', zone)).servers).toEqual(['10/3 udp:192.0.2.20:5060', '20/7 udp:192.0.2.10:5060']);
  });

  it('of the hosts file is there without DNS', async () => {
    expect(await find('sip:pbx.example', { ...pbx, hosts: { 'pbx.example': ['127.0.0.1', '::1'] } }, () => ({ v4: true, v6: false }))).toMatchObject({ servers: ['0/0 udp:127.0.0.1:5060'], log: [] });
  });

  it('asks a target of SRV from DNS, whatever the hosts file says of it', async () => {
    const zone: Zone = { hosts: { localhost: ['127.0.0.1'] }, addresses: { localhost: ['192.0.2.66'] }, srv: { '_sip._udp.pbx.example': [srv('localhost')] } };
    expect((await find('sip:pbx.example;transport=udp', zone)).servers).toEqual(['10/0 udp:192.0.2.66:5060']);
  });
});

describe('DNS that does not tell or lies', () => {
  it('is not the same as "there is none"', async () => {
    expect(await find('sip:pbx.example:5060', { silent: ['A pbx.example'] })).toMatchObject({ servers: [], told: false });
    expect(await find('sip:pbx.example:5060', {})).toMatchObject({ servers: [], told: true });
    // Found although NAPTR stayed open: good, for a short time.
    expect(await find('sip:pbx.example', { ...pbx, silent: ['NAPTR pbx.example'] })).toMatchObject({ servers: ['0/0 udp:192.0.2.1:5060 udp:2001:db8::1:5060'], told: true, ttlMs: 5_000 });
  });

  it('costs a bounded number of questions and servers', async () => {
    const many = Array.from({ length: 200 }, (_, n) => srv(`host${n}.example`, { priority: n }));
    const zone: Zone = {
      naptr: { 'pbx.example': Array.from({ length: 200 }, (_, n) => naptr('SIP+D2U', `_sip._udp.n${n}.example`, { order: n })) },
      srv: Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`_sip._udp.n${n}.example`, many])),
    };
    const { log, servers } = await find('sip:pbx.example', zone);
    expect(servers).toEqual([]);
    expect(log.length).toBeLessThanOrEqual(1 + dnsLimits.naptrRecords * (1 + dnsLimits.srvRecords) + 3);
    const wide: Zone = { srv: { '_sip._udp.pbx.example': many, '_sip._tcp.pbx.example': many }, addresses: Object.fromEntries(many.map(({ target }) => [target, ['192.0.2.1']])) };
    expect((await find('sip:pbx.example', wide)).servers.length).toBe(dnsLimits.servers);
  });
});
