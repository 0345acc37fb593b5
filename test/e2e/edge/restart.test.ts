import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Installation } from '../../harness/installation.ts';
import { answerTo, callIdOf } from '../../harness/sip-text.ts';
import { putTenant, untilHealth } from '../../harness/tenant.ts';
import { Uac, type Call } from '../../harness/uac.ts';
import { Uas } from '../../harness/uas.ts';

/** Nobody listens there. */
const nowhere = ['ws://127.0.0.1:9/sync/v1'];

describe.each([1, 3])('a data plane of %i SIP workers that is killed and starts again without a control plane', (workers) => {
  let site: Installation;
  let uac: Uac;
  let uas: Uas;

  beforeEach(async () => {
    site = await Installation.start({ edge: { workers } });
    uac = site.with(await Uac.open());
    uas = site.with(await Uas.open('pbx-a'));
    await putTenant(site.api, { key: 'acme', domain: 'sip.acme.example', routeSet: 1, set: 1, destinations: [{ uri: uas.uri }] });
    await untilHealth(site.api, 1);
  }, 120_000);
  afterEach(() => site?.stop());

  async function answeredCalls(count: number): Promise<Call[]> {
    const calls = Array.from({ length: count }, () => uac.invite({ uri: 'sip:1001@sip.acme.example', via: site.edge }));
    for (const call of calls) {
      expect((await call.final).status).toBe(200);
      await call.ack();
    }
    return calls;
  }

  it('passes the BYEs of all 100 calls that were up, from both sides', async () => {
    const calls = await answeredCalls(100);
    await site.edge.kill();
    await site.control.kill();
    await site.edge.restart(nowhere);
    const [byCaller, byBackend] = [calls.slice(0, 50), calls.slice(50)];
    // The caller side answers the backend's BYEs by hand: a phone would.
    const statuses = await Promise.all([
      ...byCaller.map(async (call) => (await call.bye(30_000)).status),
      ...byBackend.map(async (call) => {
        const answer = uas.bye(call.callId, 30_000);
        await answerBye(uac, call.callId);
        return answer;
      }),
    ]);
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
    expect(uas.count('BYE')).toBe(50);
  }, 120_000);

  it('takes new calls with what it last knew', async () => {
    await site.edge.kill();
    await site.control.kill();
    await site.edge.restart(nowhere);
    const call = uac.invite({ uri: 'sip:1001@sip.acme.example', via: site.edge });
    // Whole, so that a failure says what the edge answered.
    expect(await call.complete()).toEqual({ ok: true, answered: true, status: 200, detail: 'SIP/2.0 200 OK' });
  }, 120_000);

  it('passes on the answer to an INVITE that the former process sent', async () => {
    uas.behaviour = { ...uas.behaviour, provisionals: [180], answerAfterMs: 3_000 };
    const call = uac.invite({ uri: 'sip:1001@sip.acme.example', via: site.edge });
    await uac.socket.waitFor('180', (message) => message.status === 180, 20_000);
    await site.edge.kill();
    await site.control.kill();
    await site.edge.restart(nowhere);
    expect((await call.final).status).toBe(200);
    await call.ack();
    expect((await call.bye()).status).toBe(200);
  }, 120_000);

  it('sets a corrupt last-known-good aside and goes on', async () => {
    await site.edge.kill();
    const damaged = findFile(site.edge.dataDir, 'config.snap');
    writeFileSync(damaged, 'this is not a snapshot\n');
    await site.edge.restart();
    const call = uac.invite({ uri: 'sip:1001@sip.acme.example', via: site.edge });
    expect(await call.complete()).toMatchObject({ ok: true });
  }, 120_000);
});

async function answerBye(uac: Uac, callId: string): Promise<void> {
  const bye = await uac.socket.waitFor(`BYE of ${callId}`, (message) => message.status === 0 && message.method === 'BYE' && callIdOf(message) === callId, 30_000);
  bye.reply(answerTo(bye.message, 200, 'OK'));
}

function findFile(folder: string, name: string): string {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && entry.name === name) return join(entry.parentPath, entry.name);
  }
  throw new Error(`${folder} holds no ${name}`);
}
