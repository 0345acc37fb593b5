/** Real phones (baresip) on both ends: each plays a file of tones, and what it heard is compared with what the other one played. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Baresip } from '../../harness/baresip.ts';
import { freePortRange } from '../../harness/ports.ts';
import { hostPort } from '../../harness/sip-text.ts';
import { engines } from './engines.ts';
import { expectTones, tonesFile, tonesOf } from './heard-tones.ts';
import { MediaLab } from './lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-tones-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const played = { alice: tonesOf([400, 600, 800, 1_000]), bob: tonesOf([500, 700, 900, 1_100]) };

describe.each(engines)('a call of two real phones whose media %s moves', (engine) => {
  it('lets each hear what the other plays, tone for tone', async () => {
    for (const [name, tones] of Object.entries(played)) writeFileSync(join(folder, `${name}.wav`), tonesFile(tones));
    const port = await freePortRange(2);
    const lab = await MediaLab.start({ engine, pbx: `sip:127.0.0.1:${port}` });
    const outbound = hostPort(lab.rig.host, lab.rig.port);
    const phones: Baresip[] = [];
    try {
      const alice = await Baresip.start({ aor: 'sip:alice@v4.example', outbound, registers: false, plays: join(folder, 'alice.wav') });
      phones.push(alice);
      const bob = await Baresip.start({ aor: 'sip:bob@v4.example', outbound, registers: false, plays: join(folder, 'bob.wav'), port });
      phones.push(bob);
      await Promise.all([alice, bob].map((phone) => phone.process.line(/baresip is ready/, 30_000)));
      await alice.command('dial', 'sip:bob@v4.example');
      await Promise.all([alice, bob].map((phone) => phone.process.line(/Call established/, 30_000)));
      await lab.sessions(1);
      // The file of one of them ends, and the phone hangs up.
      await Promise.all([alice, bob].map((phone) => phone.process.line(/terminated|session closed/, 30_000)));
      await lab.idle();
      await Promise.all([alice.process.stop(), bob.process.stop()]);
      expectTones(bob.heard(), played.alice, 'Bob');
      expectTones(alice.heard(), played.bob, 'Alice');
      // They were told of the edge only.
      for (const { process } of [alice, bob]) {
        const [, from] = await process.line(/incoming rtp for 'audio' established, receiving from 127\.0\.0\.1:(\d+)/);
        expect(Number(from)).toBeGreaterThanOrEqual(lab.ports.first);
        expect(Number(from)).toBeLessThanOrEqual(lab.ports.last);
      }
    } finally {
      await Promise.all(phones.map((phone) => phone.stop()));
      await lab.stop();
    }
  }, 120_000);
});
