/** Real phones (baresip) in namespaces, the kernel between them: what each heard is compared with what the other one played. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Baresip } from '../../harness/baresip.ts';
import { insideOf, type Namespace } from '../../harness/namespaces.ts';
import { hostPort } from '../../harness/sip-text.ts';
import { expectTones, tonesFile, tonesOf } from '../media/heard-tones.ts';
import { endPort } from './end-report.ts';
import { KernelLab } from './kernel-lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-tones-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const played = { alice: tonesOf([400, 600, 800, 1_000]), bob: tonesOf([500, 700, 900, 1_100]) };

it('a call of two real phones whose media the kernel forwards lets each hear what the other plays, tone for tone', async () => {
  for (const [name, tones] of Object.entries(played)) writeFileSync(join(folder, `${name}.wav`), tonesFile(tones));
  const lab = await KernelLab.start();
  const phone = (name: string, space: Namespace, more: { readonly port?: number; readonly does?: string }): Promise<Baresip> =>
    Baresip.start({ aor: `sip:${name}@v4.example`, outbound: hostPort(space.edgeV4, lab.sipPort), registers: false, plays: join(folder, `${name}.wav`), host: space.v4, inside: insideOf(space.name), ...more });
  const phones: Baresip[] = [];
  try {
    const bob = await phone('bob', lab.spaces.pbx, { port: endPort });
    phones.push(bob);
    await bob.process.line(/baresip is ready/, 30_000);
    const alice = await phone('alice', lab.spaces.phone, { does: '/dial sip:bob@v4.example' });
    phones.push(alice);
    await Promise.all([alice, bob].map(({ process }) => process.line(/Call established/, 30_000)));
    await lab.counts({ sessions: 1, kernelStreams: 1 });
    // The file of one of them ends, and the phone hangs up.
    await Promise.all([alice, bob].map(({ process }) => process.line(/terminated|session closed/, 30_000)));
    await lab.nothingLeft();
    await Promise.all([alice.process.stop(), bob.process.stop()]);
    expectTones(bob.heard(), played.alice, 'Bob');
    expectTones(alice.heard(), played.bob, 'Alice');
    // They were told of the edge only.
    await alice.process.line(new RegExp(`receiving from ${lab.spaces.phone.edgeV4.replaceAll('.', '\\.')}:`));
    await bob.process.line(new RegExp(`receiving from ${lab.spaces.pbx.edgeV4.replaceAll('.', '\\.')}:`));
    expect(lab.elements()).toEqual([]);
  } finally {
    await Promise.all(phones.map((one) => one.stop()));
    await lab.stop();
  }
}, 120_000);
