import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostsFile } from '../../../dataplane/dns/hosts-file.ts';
import { dnsLimits } from '../../../dataplane/dns/records.ts';
import { SystemDns } from '../../../dataplane/dns/system-dns.ts';
import { ManualClock } from '../../../dataplane/runtime/clock.ts';
import { until } from '../../harness/deadline.ts';
import { DnsServer } from '../../harness/dns-server.ts';

const both = { v4: true, v6: true };
const clock = new ManualClock();
let server: DnsServer;
let dns: SystemDns;

beforeEach(async () => {
  server = await DnsServer.open();
  dns = new SystemDns(clock, [server.address]);
});
afterEach(() => server.close());

describe('answers of a real DNS server', () => {
  it('are addresses of the families asked for, with the shortest time to live, behind CNAMEs too', async () => {
    server.host('pbx.example', ['192.0.2.1', '2001:DB8::1', '192.0.2.2'], 300);
    server.cname('alias.example', 'pbx.example', 7);
    expect(await dns.addresses('pbx.example', both)).toEqual({
      records: [{ family: 4, address: '192.0.2.1' }, { family: 4, address: '192.0.2.2' }, { family: 6, address: '2001:db8::1' }], ttlMs: 300_000, told: true,
    });
    expect(await dns.addresses('alias.example', { v4: true, v6: false })).toMatchObject({ ttlMs: 7_000, told: true });
    expect(server.log).toEqual(['A pbx.example', 'AAAA pbx.example', 'A alias.example']);
  });

  it('are SRV and NAPTR records, with names in lower case and "." as none, for 30 s', async () => {
    server.srv('_sip._udp.pbx.example', [{ target: 'A.Example:5070', priority: 1, weight: 2 }, { target: '.' }]);
    server.naptr('pbx.example', [{ services: 'SIP+D2U', replacement: '_sip._udp.PBX.example', order: 3, preference: 4 }, { services: 'E2U+sip', flags: 'u', regexp: '!^\\+49(.*)$!sip:\\1@x.example!' }]);
    expect(await dns.srv('_sip._udp.pbx.example')).toEqual({
      records: [{ priority: 1, weight: 2, port: 5070, target: 'a.example' }, { priority: 10, weight: 0, port: 5060, target: '' }], ttlMs: 30_000, told: true,
    });
    expect(await dns.naptr('pbx.example')).toEqual({
      records: [
        { order: 3, preference: 4, flags: 's', service: 'SIP+D2U', regexp: '', replacement: '_sip._udp.pbx.example' },
        { order: 10, preference: 10, flags: 'u', service: 'E2U+sip', regexp: '!^\\+49(.*)$!sip:\\1@x.example!', replacement: '' },
      ], ttlMs: 30_000, told: true,
    });
  });

  it('that deny are told, those that fail are not', async () => {
    server.host('v6only.example', ['2001:db8::1']);
    expect(await dns.srv('_sip._udp.none.example')).toEqual({ records: [], ttlMs: 30_000, told: true });
    expect(await dns.addresses('v6only.example', { v4: true, v6: false })).toEqual({ records: [], ttlMs: 30_000, told: true });
    for (const behaviour of ['servfail', 'refused', 'garbage'] as const) {
      server.behave('bad.example', behaviour);
      expect(await dns.srv('bad.example')).toMatchObject({ records: [], told: false });
      expect(await dns.addresses('bad.example', both)).toMatchObject({ records: [], told: false });
    }
  });

  it('too long for a datagram come by TCP, and are cut to the limits', async () => {
    const many = Array.from({ length: 1_000 }, (_, n) => ({ target: `host${n}.example`, priority: n }));
    server.srv('_sip._udp.big.example', many);
    server.host('big.example', Array.from({ length: 1_000 }, (_, n) => `10.0.${n >> 8}.${n & 255}`));
    expect((await dns.srv('_sip._udp.big.example')).records.length).toBe(dnsLimits.records);
    expect((await dns.addresses('big.example', { v4: true, v6: false })).records.length).toBe(dnsLimits.addresses);
    expect(server.log).toContain('SRV _sip._udp.big.example (tcp)');
  });

  it('that are forged, groups, broadcasts or nobody are not taken', async () => {
    server.host('forged.example', ['192.0.2.1']);
    server.behave('forged.example', 'forged');
    expect((await dns.addresses('forged.example', { v4: true, v6: false })).records).toEqual([{ family: 4, address: '192.0.2.1' }]);
    server.host('odd.example', ['0.0.0.0', '224.0.0.1', '239.1.2.3', '240.0.0.1', '255.255.255.255', '::', 'ff02::1', '223.255.255.1', '2001:db8::1']);
    expect((await dns.addresses('odd.example', both)).records.map(({ address }) => address)).toEqual(['223.255.255.1', '2001:db8::1']);
  });

  it('that go round in CNAMEs end', async () => {
    server.cname('a.example', 'b.example');
    server.cname('b.example', 'a.example');
    expect((await dns.addresses('a.example', both)).records).toEqual([]);
    expect(server.log.length).toBeLessThan(20);
  });

  it('that never come are given up, asked twice', async () => {
    server.behave('silent.example', 'silent');
    expect(await dns.srv('silent.example')).toMatchObject({ told: false });
    expect(server.count('SRV silent.example')).toBe(2);
  });
});

describe('the hosts file', () => {
  it('names hosts by one or more addresses, remarks and nonsense left out, and is read again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-hosts-'));
    const path = join(folder, 'hosts');
    writeFileSync(path, '# comment\n127.0.0.1\tLocalhost pbx.lan # the PBX\n::1 localhost\n\nnonsense localhost\n10.0.0.1 pbx.lan\n');
    const hosts = new HostsFile(clock, path);
    expect(hosts.addresses('localhost')).toEqual([{ family: 4, address: '127.0.0.1' }, { family: 6, address: '::1' }]);
    expect(hosts.addresses('pbx.lan').length).toBe(2);
    writeFileSync(path, '10.0.0.9 pbx.lan\n');
    expect(hosts.addresses('pbx.lan').length).toBe(2);
    clock.advance(10_000);
    await until('the new hosts file', 5_000, () => hosts.addresses('pbx.lan')[0]?.address === '10.0.0.9');
    rmSync(folder, { recursive: true });
    clock.advance(10_000);
    await until('no hosts file', 5_000, () => hosts.addresses('pbx.lan').length === 0);
    expect(new HostsFile(clock, path).addresses('pbx.lan')).toEqual([]);
  });
});
