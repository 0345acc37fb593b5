/** Every call flow through Signalbox with a bad network on both sides of it: what retransmission can save arrives. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { full } from '../../harness/length.ts';
import { LossyLink, type LinkFaults } from '../../harness/lossy-link.ts';
import { publishTable } from '../../harness/tables.ts';
import { Uac } from '../../harness/uac.ts';
import { Uas, type UasBehaviour } from '../../harness/uas.ts';
import { Rig } from '../../integration/dataplane/rig.ts';
import { flows, type Ends } from './flows.ts';

const faults: LinkFaults = { drop: 0.05, duplicate: 0.05, reorder: 0.1, delayMs: 5 };
const names = Object.keys(flows);
/** Of each flow; in a full run a thousand calls, and REGISTERs and MESSAGEs besides. */
const each = full ? 200 : 60;
const atOnce = 30;
const domains = { answering: 'answering.example', ringing: 'ringing.example', reliable: 'reliable.example' };

let rig: Rig;
let ends: Ends;
const links: LossyLink[] = [];
const lines: string[] = [];

const link = async (...args: Parameters<typeof LossyLink.open>): Promise<LossyLink> => {
  const opened = await LossyLink.open(...args);
  links.push(opened);
  return opened;
};

/** A backend behind a bad network: the edge reaches it by one link, it reaches the edge by another. */
async function backend(name: string, seed: number, behaviour: Partial<UasBehaviour>): Promise<{ readonly uas: Uas; readonly passThrough: (edge: { host: string; port: number }) => Promise<void>; readonly uri: string }> {
  const uas = await Uas.open(name, { behaviour, keep: false });
  const towards = await link(uas.socket, faults, seed);
  return {
    uas,
    uri: `sip:127.0.0.1:${towards.port}`,
    passThrough: async (edge) => {
      uas.socket.passage = { to: await link(edge, faults, seed + 1), seenAs: towards };
    },
  };
}

beforeAll(async () => {
  const backends = {
    answering: await backend('answering', 11, {}),
    ringing: await backend('ringing', 21, { invite: 'ring' }),
    reliable: await backend('reliable', 31, { reliable: true, provisionals: [180, 183] }),
  };
  const failover = { frMs: 32_000, frInviteMs: 60_000, maxAttempts: 1 };
  rig = await Rig.start(Object.entries(backends).map(([key, { uri }]) => ({ key, destinations: [uri], failover })));
  const edge = { host: '127.0.0.1', port: rig.port };
  for (const { passThrough } of Object.values(backends)) await passThrough(edge);
  const uac = await Uac.open({ keep: false });
  const front = await link(edge, faults, 41);
  uac.socket.passage = { to: front, seenAs: await front.faceOf(uac.socket) };
  ends = { uac, edge, answering: backends.answering.uas, ringing: backends.ringing.uas, reliable: backends.reliable.uas };
}, 40_000);

afterAll(async () => {
  const sum = { carried: 0, dropped: 0, duplicated: 0, reordered: 0 };
  for (const { counts } of links) for (const key of ['carried', 'dropped', 'duplicated', 'reordered'] as const) sum[key] += counts[key];
  publishTable('Call flows over a bad network', [...lines, `${sum.carried} datagrams carried, ${sum.dropped} dropped, ${sum.duplicated} doubled, ${sum.reordered} held back`].join('\n'));
  for (const { socket } of [ends.answering, ends.ringing, ends.reliable]) socket.passage = null;
  for (const end of [ends.uac, ends.answering, ends.ringing, ends.reliable]) await end.close();
  for (const one of links) await one.close();
  await rig.stop();
});

describe('with 5 % lost, 5 % doubled and 10 % held back on both sides', () => {
  it.each(names)('%s: none is lost for good', async (name) => {
    const flow = flows[name];
    if (flow === undefined) throw new Error(`no flow ${name}`);
    const failures: string[] = [];
    let begun = 0;
    const startedMs = Date.now();
    const lane = async (): Promise<void> => {
      while (begun < each) {
        begun += 1;
        await flow(ends, domains).catch((error: unknown) => failures.push(error instanceof Error ? error.message : String(error)));
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, each) }, lane));
    lines.push(`${name.padEnd(28)} ${each} of ${each} begun, ${failures.length} lost, ${((Date.now() - startedMs) / 1_000).toFixed(1)} s`);
    expect(failures).toEqual([]);
  }, full ? 600_000 : 120_000);
});

describe('the edge behind it', () => {
  it('runs on without a fault', async () => {
    expect(rig.process.running).toBe(true);
    expect(await rig.metric('faults_total')).toBe(0);
  });
});
