import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeFailures, startCalls } from '../../harness/call-load.ts';
import { until } from '../../harness/deadline.ts';
import { ControlPlane, DataPlane } from '../../harness/installation.ts';
import { PostgresServer } from '../../harness/postgres.ts';
import { putTenant } from '../../harness/tenant.ts';
import { Uac } from '../../harness/uac.ts';
import { Uas } from '../../harness/uas.ts';

const rate = 50;

let database: PostgresServer;
let replicas: [ControlPlane, ControlPlane];
let edge: DataPlane;
let uac: Uac;
let backends: [Uas, Uas];

beforeAll(async () => {
  database = await PostgresServer.create();
  const databaseUrl = await database.createDatabase();
  const first = await ControlPlane.start({ databaseUrl });
  replicas = [first, await ControlPlane.start({ databaseUrl })];
  edge = await DataPlane.start({ controlUrls: replicas.map(({ syncUrl }) => syncUrl), joinToken: await first.joinToken('edge') });
  uac = await Uac.open({ keep: false });
  backends = [await Uas.open('pbx-a', { keep: false }), await Uas.open('pbx-b', { keep: false })];
  const { rev } = await putTenant(first.api, { key: 'acme', domain: 'sip.acme.example', routeSet: 1, set: 1, destinations: [{ uri: backends[0].uri }], probing: { mode: 'never', useUnknown: true } });
  await applied(rev);
}, 90_000);
afterAll(async () => {
  for (const thing of [uac, ...(backends ?? [])]) await thing?.close();
  for (const thing of [edge, ...(replicas ?? [])]) await thing?.stop();
  await database?.remove();
});

/** The edge runs that revision, whichever replica told it. */
const applied = (rev: number): Promise<unknown> => until(`the edge to run revision ${rev}`, 40_000, async () => (await edge.metric('config_revision')) >= rev);

/** Points the set at one backend through one replica. */
async function routeTo(replica: ControlPlane, backend: Uas): Promise<void> {
  const { rev } = await replica.api.put('/dispatcher-sets/1', { name: 'acme', tenant: 'acme', probing: { mode: 'never', useUnknown: true }, destinations: [{ uri: backend.uri }] });
  await applied(rev);
}

async function expectServedBy(backend: Uas): Promise<void> {
  const call = uac.invite({ uri: 'sip:1@sip.acme.example', via: edge });
  expect(await call.complete()).toMatchObject({ ok: true });
  expect(call.backend).toBe(backend.name);
}

it('hears of changes written through either control plane, and of the survivor’s when one is killed, without losing a call', async () => {
  const load = startCalls([uac], rate, 50, () => ({ uri: 'sip:1@sip.acme.example', via: edge }));
  const connectedTo = async (): Promise<ControlPlane> => until('one replica to hold the edge’s socket', 15_000, async () => {
    for (const replica of replicas) if ((await (await fetch(`${replica.api.base}/metrics`)).text()).includes('signalbox_nodes_connected 1')) return replica;
    return null;
  });
  const holder = await connectedTo();
  const other = holder === replicas[0] ? replicas[1] : replicas[0];
  await routeTo(holder, backends[1]);
  await expectServedBy(backends[1]);

  await holder.kill();
  await routeTo(other, backends[0]);
  await expectServedBy(backends[0]);
  const calls = await load.stop();
  expect(calls.filter((call) => !call.ok), describeFailures(calls)).toEqual([]);
  await holder.restart();
}, 120_000);

it('keeps calls up while the database is away, refuses writes, and takes them again afterwards', async () => {
  const [, replica] = replicas;
  const load = startCalls([uac], rate, 50, () => ({ uri: 'sip:1@sip.acme.example', via: edge }));
  await database.stop();
  await until('100 calls while the database is away', 20_000, () => load.started >= 100);
  const refused = await replica.api.ask('PUT', '/tenants/other', { name: 'Other' });
  expect(refused.status).toBeGreaterThanOrEqual(500);
  expect(JSON.stringify(refused.body)).not.toMatch(/ECONNREFUSED|prisma/i);
  await database.start();
  await until('a write to succeed again', 40_000, async () => (await replica.api.ask('PUT', '/tenants/other', { name: 'Other' })).status < 300);
  await routeTo(replica, backends[1]);
  await expectServedBy(backends[1]);
  const calls = await load.stop();
  expect(calls.filter((call) => !call.ok), describeFailures(calls)).toEqual([]);
}, 120_000);
