import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { LossyLink, type LinkFaults } from '../../harness/lossy-link.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import { answerTo, newBranch, token, writeSip } from '../../harness/sip-text.ts';

const open: { close(): Promise<void> }[] = [];
const keep = <T extends { close(): Promise<void> }>(thing: T): T => {
  open.push(thing);
  return thing;
};
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

const none: LinkFaults = { drop: 0, duplicate: 0, reorder: 0, delayMs: 0 };

async function line(faults: Partial<LinkFaults>, seed = 1): Promise<{ link: LossyLink; phone: SipSocket; edge: SipSocket; send(count: number): Promise<string[]> }> {
  const [phone, edge] = [keep(await SipSocket.open()), keep(await SipSocket.open())];
  const link = keep(await LossyLink.open(edge, { ...none, ...faults }, seed));
  const send = async (count: number): Promise<string[]> => {
    const ids = Array.from({ length: count }, () => token());
    for (const id of ids) await phone.send(writeSip('OPTIONS sip:edge.example SIP/2.0', [`Via: SIP/2.0/UDP x;branch=${newBranch()}`, `Call-ID: ${id}`, 'CSeq: 1 OPTIONS']), link);
    return ids;
  };
  return { link, phone, edge, send };
}

const callIds = (socket: SipSocket): string[] => socket.received.map(({ message }) => message.headers.find(([name]) => name === 'call-id')?.[1] ?? '');

describe('the lossy link', () => {
  it('carries both ways and shows each client by an address of its own, where it can be called', async () => {
    const { link, phone, edge, send } = await line({});
    await send(1);
    const got = await edge.waitFor('the request', () => true);
    const face = await link.faceOf(phone);
    expect([got.address, got.port]).toEqual([face.host, face.port]);
    got.reply(answerTo(got.message, 200, 'OK'));
    await phone.waitFor('the answer', (message) => message.status === 200);
    await edge.send(got.message.raw, face);
    await phone.waitFor('a call of the edge', (message) => message.status === 0);
  });

  it('drops the share that it is told to, the same ones for the same seed', async () => {
    const arrived: number[][] = [];
    for (let run = 0; run < 2; run++) {
      const { link, edge, send } = await line({ drop: 0.3 }, 7);
      const ids = await send(300);
      await until('all of them', 3_000, () => link.counts.carried + link.counts.dropped === 300 && edge.received.length === link.counts.carried);
      const came = new Set(callIds(edge));
      arrived.push(ids.flatMap((id, i) => (came.has(id) ? [i] : [])));
    }
    expect(arrived[0]?.length).toBeGreaterThan(170);
    expect(arrived[0]?.length).toBeLessThan(250);
    expect(arrived[1]).toEqual(arrived[0]);
  });

  it('doubles and holds back', async () => {
    const { link, edge, send } = await line({ duplicate: 0.5, reorder: 0.5, delayMs: 5 });
    const ids = await send(100);
    await until('all of them', 3_000, () => edge.received.length === 100 + link.counts.duplicated);
    expect(link.counts.duplicated).toBeGreaterThan(25);
    const first = [...new Set(callIds(edge))];
    expect(first).not.toEqual(ids);
    expect(first.toSorted()).toEqual(ids.toSorted());
  });
});
