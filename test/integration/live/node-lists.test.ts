/** Registrations and calls as the API shows them: held by real data planes, asked for over the push channel. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LiveCallList, RegistrationList } from '../../../controlplane/contract/live-lists.ts';
import { DataPlane, Installation } from '../../harness/installation.ts';
import { establish, fromCaller, Peer, type EdgeAddress } from '../../harness/peer.ts';
import { token } from '../../harness/sip-text.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import { until } from '../../harness/deadline.ts';
import { putTenant, untilHealth } from '../../harness/tenant.ts';
import { Uas } from '../../harness/uas.ts';

let installation: Installation;
let second: DataPlane;
let stop = (): Promise<void> => Promise.resolve();
let destination: number;

const at = (plane: DataPlane): EdgeAddress => ({ addressFor: () => ({ host: plane.host, port: plane.port }) });
const peer = async (plane: DataPlane): Promise<Peer> => new Peer(installation.with(await SipSocket.open()), at(plane));

async function register(phone: Peer, user: string, domain: string): Promise<void> {
  const callId = token();
  await phone.send(phone.request('REGISTER', `sip:${domain}`, { callId, to: `sip:${user}@${domain}`, contact: `sip:${user}@192.168.1.20:5060`, headers: ['Expires: 600', `User-Agent: Desk phone ${user}`] }));
  await phone.hears(200, callId);
}

const registrations = (query = ''): Promise<RegistrationList> => installation.api.get<RegistrationList>(`/registrations${query}`);

beforeAll(async () => {
  installation = await Installation.start({ edge: { name: 'ams-1', workers: 2 } });
  stop = () => installation.stop();
  const { api, control } = installation;
  second = installation.with(await DataPlane.start({ name: 'ams-2', controlUrls: [control.syncUrl], joinToken: await control.joinToken('ams-2') }));
  const pbx = installation.with(await Uas.open('pbx'));
  await putTenant(api, { key: 'acme', domain: 'acme.example', routeSet: 1, set: 10, destinations: [{ uri: pbx.uri }] });
  await putTenant(api, { key: 'zeta', domain: 'zeta.example', routeSet: 2, set: 20, destinations: [{ uri: pbx.uri }] });
  destination = (await untilHealth(api, 10)).destinations[0]?.id ?? 0;
  const phones = [await peer(installation.edge), await peer(installation.edge), await peer(second)] as const;
  await register(phones[0], 'alice', 'acme.example');
  await register(phones[1], 'bob', 'zeta.example');
  await register(phones[2], 'carol', 'acme.example');
  await until('three registrations', 10_000, async () => (await registrations()).items.length === 3);
}, 120_000);
afterAll(() => stop());

describe('GET /registrations', () => {
  it('lists phones of all nodes with where they are and through which node they came', async () => {
    const { items, next, missing } = await registrations();
    expect({ next, missing }).toEqual({ next: null, missing: [] });
    expect(items.map(({ aor, nodeName }) => `${aor} ${nodeName}`).sort()).toEqual(['alice@acme.example ams-1', 'bob@zeta.example ams-1', 'carol@acme.example ams-2']);
    const alice = items.find(({ aor }) => aor === 'alice@acme.example');
    expect(alice).toMatchObject({ contact: 'sip:alice@192.168.1.20:5060', tenant: 'acme', agent: 'Desk phone alice', behindNat: true, destination });
    expect(alice?.source).toMatch(/^udp:127\.0\.0\.1:\d+$/);
    expect((alice?.expiresMs ?? 0) - (alice?.registeredMs ?? 0)).toBe(600_000);
  });

  it('pages over the nodes, and filters by tenant and text', async () => {
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await registrations(`?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
      expect(page.items.length).toBeLessThanOrEqual(1);
      seen.push(...page.items.map(({ aor }) => aor));
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(seen.sort()).toEqual(['alice@acme.example', 'bob@zeta.example', 'carol@acme.example']);
    expect((await registrations('?tenant=zeta')).items.map(({ aor }) => aor)).toEqual(['bob@zeta.example']);
    expect((await registrations('?q=PHONE%20CAROL')).items.map(({ aor }) => aor)).toEqual(['carol@acme.example']);
    expect((await registrations('?tenant=nobody')).items).toEqual([]);
  });

  it('refuses a cursor of another list and fields that it does not know', async () => {
    const { api } = installation;
    expect(await api.ask('GET', '/registrations?cursor=MQ')).toMatchObject({ status: 400, body: { errors: [{ pointer: '?cursor' }] } });
    expect((await api.ask('GET', '/registrations?domain=x')).status).toBe(400);
  });

  it('names a node that does not answer within a second', async () => {
    process.kill(second.pid, 'SIGSTOP');
    try {
      const { items, missing } = await registrations();
      expect(missing).toEqual(['ams-2']);
      expect(items).toHaveLength(2);
    } finally {
      process.kill(second.pid, 'SIGCONT');
    }
  });
});

describe('GET /calls', () => {
  it('lists what is up with its tenant, destination, start and why it went there, and forgets it with the BYE', async () => {
    const { api, edge } = installation;
    const caller = await peer(edge);
    const callId = token();
    const uas = await peer(edge);
    await api.put('/dispatcher-sets/10?wait=applied', { name: 'one', tenant: 'acme', probing: { mode: 'never' }, destinations: [{ uri: uas.uri }] });
    const call = await establish(caller, uas, 'sip:1001@acme.example', { callId });
    const calls = await until('the call to be listed', 10_000, async () => {
      const page = await api.get<LiveCallList>(`/calls?tenant=acme&q=${encodeURIComponent(callId)}`);
      if (page.items.length !== 1) throw new Error(JSON.stringify(page));
      return page.items;
    });
    expect(calls).toMatchObject([{ callId, tenant: 'acme', nodeName: 'ams-1', decision: expect.stringMatching(/^domain acme\.example, rule \d+, set 10 .*destination \d+$/) as unknown }]);
    expect(calls).toMatchObject([{ caller: expect.stringMatching(/^[^:;<>]+@[^;<>]+$/) as unknown, callee: '1001@acme.example', dialled: '1001@acme.example', destinationUri: uas.uri }]);
    expect(calls[0]?.decision).toContain(`destination ${calls[0]?.destination ?? ''}`);
    expect(Math.abs((calls[0]?.startedMs ?? 0) - Date.now())).toBeLessThan(30_000);
    for (const part of [calls[0]?.caller ?? '', '1001@ACME']) {
      expect((await api.get<LiveCallList>(`/calls?q=${encodeURIComponent(part)}`)).items.map((found) => found.callId), part).toContain(callId);
    }
    expect((await api.get<LiveCallList>('/calls?q=nobody@acme')).items).toEqual([]);
    expect((await api.get<LiveCallList>('/calls?tenant=zeta')).items).toEqual([]);
    await caller.send(fromCaller(caller, call, 'BYE', 2));
    uas.answer(await uas.gets('BYE', callId), 200);
    await caller.hears(200, callId);
    await until('the call to be gone', 10_000, async () => (await api.get<LiveCallList>('/calls')).items.length === 0);
  });
});
