import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { Installation } from '../../harness/installation.ts';
import { dbTextFiles, sipRouterDatabase } from '../../harness/seeds.ts';
import { Uac } from '../../harness/uac.ts';
import { Uas } from '../../harness/uas.ts';
import { callIdOf } from '../../harness/sip-text.ts';

interface Report {
  readonly dryRun: boolean;
  readonly rev: number | null;
  readonly counts: { readonly creates: number };
  readonly warnings: readonly { readonly code: string }[];
}

let site: Installation;
let callers: { readonly v4: Uac; readonly v6: Uac };

beforeEach(async () => {
  site = await Installation.start({ edge: { listen: 'udp:127.0.0.1:PORT,udp:[::1]:PORT' } });
  callers = { v4: site.with(await Uac.open()), v6: site.with(await Uac.open({ host: '::1' })) };
}, 60_000);
afterEach(() => site?.stop());

const backend = async (name: string, host: string): Promise<Uas> => site.with(await Uas.open(name, { host }));

/** Places calls until every name of `backends` has answered one, then once more each; returns who answered. */
async function answeredBy(uac: Uac, domain: string, count: number): Promise<string[]> {
  const via = { host: uac.socket.host, port: site.edge.port };
  const names: string[] = [];
  for (let i = 0; i < count; i++) {
    const call = uac.invite({ uri: `sip:1001@${domain}`, via });
    expect(await call.complete()).toMatchObject({ ok: true });
    names.push(call.backend);
  }
  return names;
}

/** The first call succeeds once the imported destinations are usable on the node. */
async function untilRouted(uac: Uac, domain: string): Promise<void> {
  const via = { host: uac.socket.host, port: site.edge.port };
  await until(`a call to ${domain}`, 20_000, async () => {
    const call = uac.invite({ uri: `sip:1001@${domain}`, via });
    return (await call.complete()).ok;
  });
}

async function expectSilence(uac: Uac, domain: string): Promise<void> {
  const before = await site.edge.metric('dropped_unknown_domain_total');
  const call = uac.invite({ uri: `sip:1001@${domain}`, via: { host: uac.socket.host, port: site.edge.port } });
  await until('the drop to be counted', 5_000, async () => (await site.edge.metric('dropped_unknown_domain_total')) > before);
  expect(uac.socket.received.some(({ message }) => callIdOf(message) === call.callId)).toBe(false);
}

describe('a db_text folder of the pass-through front end', () => {
  it('routes as its domain, domain_attrs and dispatcher tables say, each family to its own sets', async () => {
    const be1 = await backend('be011-v4', '127.100.0.17');
    const be2 = await backend('be021-v4', '127.100.0.18');
    const be1v6 = await backend('be011-v6', '::1');
    const be2v6 = await backend('be021-v6', '::1');
    const files = dbTextFiles({ v4: [be1.uri, be2.uri], v6: [be1v6.uri, be2v6.uri] });

    const dry = await site.api.post<Report>('/import/kamailio-dbtext?dryRun=1', { files });
    expect(dry).toMatchObject({ dryRun: true, rev: null });
    expect(dry.counts.creates).toBeGreaterThan(0);
    expect((await site.api.get<{ items: unknown[] }>('/domains')).items).toEqual([]);

    const done = await site.api.post<Report>('/import/kamailio-dbtext', { files });
    expect(done.rev).toBeGreaterThan(0);
    await untilRouted(callers.v4, 'sip.customer01.com');
    expect(new Set(await answeredBy(callers.v4, 'sip.customer01.com', 3))).toEqual(new Set(['be011-v4']));
    await untilRouted(callers.v4, 'sip.customer02.com');
    expect(new Set(await answeredBy(callers.v4, 'sip.customer02.com', 3))).toEqual(new Set(['be021-v4']));
    await untilRouted(callers.v6, 'sip.customer01.com');
    await until('both IPv6 backends to be in use', 20_000, async () => new Set(await answeredBy(callers.v6, 'sip.customer01.com', 4)).size === 2);
    expect((await answeredBy(callers.v6, 'sip.customer01.com', 4)).every((name) => name.endsWith('-v6'))).toBe(true);
    await expectSilence(callers.v4, 'sip.customer03.com');

    const again = await site.api.post<Report>('/import/kamailio-dbtext', { files });
    expect(again).toMatchObject({ rev: null, counts: { creates: 0, updates: 0 } });
  }, 90_000);
});

describe('the SQLite file of the health-aware edge router', () => {
  it('routes each domain to its own set, moves on when a backend dies, and meets everybody else with silence', async () => {
    const [primary, backup] = [await backend('t1-primary', '127.0.0.1'), await backend('t1-backup', '127.0.0.1')];
    const [other, otherBackup] = [await backend('t2-primary', '127.0.0.1'), await backend('t2-backup', '127.0.0.1')];
    const file = sipRouterDatabase({ tenant1: [primary.uri, backup.uri], tenant2: [other.uri, otherBackup.uri] });

    const answer = await site.api.ask('POST', '/import/sip-router-notes', file, { 'content-type': 'application/octet-stream' });
    expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
    await untilRouted(callers.v4, 'tenant1.example.com');
    // Algorithm 4: round robin over the set, whatever the priority.
    await until('both backends of tenant 1 to be in use', 20_000, async () => new Set(await answeredBy(callers.v4, 'tenant1.example.com', 4)).size === 2);
    await untilRouted(callers.v4, 'tenant2.example.com');
    expect((await answeredBy(callers.v4, 'tenant2.example.com', 4)).every((name) => name.startsWith('t2-'))).toBe(true);

    await expectSilence(callers.v4, 'tenant3.example.com');
    await expectSilence(callers.v4, 'off.example.com');
  }, 90_000);
});
