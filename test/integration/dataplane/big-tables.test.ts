/** Big tables in the real process: packed by the main thread, read by two workers, changed under traffic, kept on disk. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../dataplane/contract/canonical.ts';
import { defaultSetting, type RowOp } from '../../../dataplane/contract/rows.ts';
import type { WireOp } from '../../../controlplane/push/ports.ts';
import { until } from '../../harness/deadline.ts';
import { token } from '../../harness/sip-text.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import { destination, domain, routeSet, rule, set, tenant } from '../../unit/routing/rows.ts';
import { World } from '../push/world.ts';
import { Peer, Rig } from './rig.ts';

const size = 6_000;
const toWire = ({ table, key, row }: RowOp): WireOp => ({ table, key, json: row === null ? null : canonicalJson(row) });
const domains = (from: number, to: number): RowOp[] => Array.from({ length: to - from }, (_, i) => domain(`d${from + i}.example`));
const gone = (name: string): RowOp => ({ table: 'domain', key: name, row: null });

let world: World;
let rig: Rig;
let pbx: Peer;

/** Waits until the node serves the newest revision. */
async function served(): Promise<Readonly<Record<string, unknown>>> {
  const { rev, epoch } = await world.source.head();
  return until('the node serves the newest revision', 30_000, async () => {
    const config = (await rig.inspect())['config'] as { readonly rev: number; readonly epoch: string; readonly rows: Readonly<Record<string, unknown>> };
    return config.rev === rev && config.epoch === epoch ? config.rows : null;
  });
}

/** Sends a request from a source of its own, so that both workers come to see some. */
async function reaches(host: string): Promise<boolean> {
  const caller = await rig.peer();
  const callId = token();
  const dropped = await rig.metric('dropped_unknown_domain_total');
  await caller.send(caller.request('MESSAGE', `sip:1001@${host}`, { callId }));
  const outcome = await until(`an end for the request to ${host}`, 10_000, async () => {
    if (pbx.count('MESSAGE', callId) > 0) return 'arrived';
    return (await rig.metric('dropped_unknown_domain_total')) > dropped ? 'dropped' : null;
  });
  if (outcome === 'arrived') pbx.answer(await pbx.gets('MESSAGE', callId), 200);
  return outcome === 'arrived';
}

async function reached(hosts: readonly string[]): Promise<boolean[]> {
  const answers: boolean[] = [];
  for (const host of hosts) answers.push(await reaches(host));
  return answers;
}

beforeAll(async () => {
  world = await World.open();
  world.directory.tokens.set('rig', { id: 'rig', name: 'rig' });
  const socket = await SipSocket.open();
  const uri = `sip:127.0.0.1:${socket.port}`;
  world.source.write([
    { table: 'setting', key: 'global', row: defaultSetting } as const, tenant(1), set(1, {}, { mode: 'never', useUnknown: true }), destination(1, { uri }), routeSet(1), rule(1, { type: 'any' }), ...domains(0, size), domain('*.wild.example'),
  ].map(toWire));
  rig = await Rig.start([{ key: 'acme', destinations: [uri] }], { workers: 2, env: { SIGNALBOX_CONTROL_URL: world.url } });
  pbx = new Peer(socket, rig);
}, 60_000);

afterAll(async () => {
  await pbx.socket.close();
  await rig.stop();
  await world.close();
});

describe('a node with packed tables', { timeout: 60_000 }, () => {
  it('takes them in place of what it was born with', async () => {
    expect(await served()).toMatchObject({ domain: size + 1, tenant: 1 });
    expect(await reached(['d0.example', 'd5999.example', 'x.wild.example', 'wild.example', 'd6000.example', 'acme.example'])).toEqual([true, true, true, false, false, false]);
  });

  it('serves single changes beside them', async () => {
    world.source.write([toWire(gone('d5.example')), toWire(domain('d6000.example')), toWire(domain('d7.example', { enabled: false }))]);
    expect(await served()).toMatchObject({ domain: size + 1 });
    expect(await reached(['d5.example', 'd6.example', 'd6000.example', 'd7.example'])).toEqual([false, true, true, false]);
  });

  it('packs them again when much has changed', async () => {
    world.source.write([...domains(size + 1, size + 4_500), gone('d6.example')].map(toWire));
    expect(await served()).toMatchObject({ domain: size + 4_499 });
    expect(await reached(['d6.example', 'd10499.example', 'd8000.example', 'd0.example', 'd5.example'])).toEqual([false, true, true, true, false]);
  });

  it('serves all of it again after a restart without a control plane', async () => {
    await world.killGateway();
    await rig.restart();
    expect((await rig.inspect())['config']).toMatchObject({ rev: world.source.rev, rows: { domain: size + 4_499 } });
    expect(await reached(['d10499.example', 'd7.example', 'd6.example', 'x.wild.example'])).toEqual([true, false, false, true]);
  });
});
