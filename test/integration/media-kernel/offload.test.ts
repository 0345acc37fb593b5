import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { OffloadLab, rtp, table } from './lab.ts';

describe.each([4, 6] as const)('the kernel offload over IPv%i', (family) => {
  let lab: OffloadLab;
  const address = (v4: string, v6: string): string => (family === 4 ? v4 : v6);
  let phone = '';
  let pbx = '';
  let towardsPhone = '';
  let towardsPbx = '';

  beforeAll(async () => {
    lab = new OffloadLab();
    const { spaces } = lab;
    phone = address(spaces.phone.v4, spaces.phone.v6);
    pbx = address(spaces.pbx.v4, spaces.pbx.v6);
    towardsPhone = address(spaces.phone.edgeV4, spaces.phone.edgeV6);
    towardsPbx = address(spaces.pbx.edgeV4, spaces.pbx.edgeV6);
    await lab.phone.open(phone, 4_000);
    await lab.phone.open(phone, 4_444);
    await lab.pbx.open(pbx, 5_000);
    await lab.edge.open(address('0.0.0.0', '::'), 30_000);
    await lab.edge.open(address('0.0.0.0', '::'), 30_002);
    expect(await lab.edge.start()).toEqual({ adopted: [] });
  });
  afterAll(() => lab.stop());

  it('leaves packets to the sockets until a flow is taken', async () => {
    await lab.phone.send(4_000, rtp('before'), towardsPhone, 30_000);
    expect(await lab.edge.hears(30_000, rtp('before'))).toBe(`${phone} 4000`);
  });

  it('forwards RTP both ways with our addresses, leaves RTCP, STUN and strangers to the sockets, and gives all back with exact counts', async () => {
    const { number, taken } = await lab.edge.take(lab.flow(family, 'AAAAAAAAAAAB'));
    expect(taken).toBe(true);
    await lab.phone.send(4_000, rtp('to the PBX'), towardsPhone, 30_000, 3);
    await lab.pbx.send(5_000, rtp('to the phone'), towardsPbx, 30_002, 2);
    expect(await lab.pbx.hears(5_000, rtp('to the PBX'))).toBe(`${towardsPbx} 30002`);
    expect(await lab.phone.hears(4_000, rtp('to the phone'))).toBe(`${towardsPhone} 30000`);

    const receiverReport = `80c9${'00'.repeat(30)}`;
    const stun = `00010000${'2112a442'.padEnd(32, '0')}`;
    for (const packet of [receiverReport, stun, rtp('').slice(0, 22)]) {
      await lab.phone.send(4_000, packet, towardsPhone, 30_000);
      expect(await lab.edge.hears(30_000, packet)).toBe(`${phone} 4000`);
    }
    await lab.phone.send(4_444, rtp('a stranger'), towardsPhone, 30_000);
    expect(await lab.edge.hears(30_000, rtp('a stranger'))).toBe(`${phone} 4444`);
    expect((await lab.edge.heard(30_000)).filter(({ text }) => text === rtp('to the PBX'))).toEqual([]);

    const read = await until('counts', 8_000, async () => {
      const now = await lab.edge.counts(number);
      return (now?.counts.caller.packets ?? 0) > 0 && now;
    });
    const counted = { caller: { packets: 3, bytes: 3 * 22 }, callee: { packets: 2, bytes: 2 * 24 } };
    expect(read.counts).toEqual(counted);

    await lab.phone.send(4_000, rtp('one more'), towardsPhone, 30_000);
    await lab.pbx.hears(5_000, rtp('one more'));
    expect(await lab.edge.release(number)).toEqual({ ...counted, caller: { packets: 4, bytes: 3 * 22 + 20 } });
    await lab.phone.send(4_000, rtp('after'), towardsPhone, 30_000);
    expect(await lab.edge.hears(30_000, rtp('after'))).toBe(`${phone} 4000`);
    expect((await lab.edge.figures()).flows).toBe(0);
    expect(lab.elements()).toBe(0);
  });

  it('forwards by the card that packets came in by', async () => {
    const neighbour = address('10.77.1.3', 'fd00:77:1::3');
    lab.spaces.run(lab.spaces.phone.name, 'ip', 'address', 'add', `${neighbour}/${family === 4 ? 24 : 64}`, 'dev', 'edge', ...(family === 6 ? ['nodad'] : []));
    await lab.phone.open(neighbour, 4_600);
    const flow = lab.flow(family, 'AAAAAAAAAAAI', 30_600);
    const { number } = await lab.edge.take({ ...flow, callee: { remote: { address: neighbour, port: 4_600 }, local: { address: towardsPhone, port: 30_602 } } });
    await lab.phone.send(4_000, rtp('to the neighbour'), towardsPhone, 30_600);
    expect(await lab.phone.hears(4_600, rtp('to the neighbour'))).toBe(`${towardsPhone} 30602`);
    await lab.phone.send(4_600, rtp('and back'), towardsPhone, 30_602);
    expect(await lab.phone.hears(4_000, rtp('and back'))).toBe(`${towardsPhone} 30600`);
    await lab.edge.release(number);
  });

  it('takes neither a port twice, nor flows of two families, nor ends of this host', async () => {
    const flow = lab.flow(family, 'AAAAAAAAAAAC');
    const { number } = await lab.edge.take(flow);
    expect((await lab.edge.take(lab.flow(family, 'AAAAAAAAAAAD'))).accepted).toBe(false);
    const elsewhere = lab.flow(family, 'AAAAAAAAAAAE', 30_100);
    expect((await lab.edge.take({ ...elsewhere, family: family === 4 ? 6 : 4 })).accepted).toBe(false);
    expect((await lab.edge.take({ ...elsewhere, callee: { ...elsewhere.callee, remote: { address: towardsPbx, port: 7_000 } } })).accepted).toBe(false);
    expect((await lab.edge.take({ ...elsewhere, callee: { ...elsewhere.callee, local: { address: pbx, port: 30_102 } } })).accepted).toBe(false);
    await lab.edge.release(number);
    expect(lab.elements()).toBe(0);
  });

  it('does not let a refused flow spoil the others', async () => {
    const strange = address('192.0.2.99', '2001:db8::99');
    lab.nft('add', 'element', 'inet', table, `to${family}`, `{ ${0x5b000000 + (family === 6 ? 0x10000 : 0) + 30_200} : ${strange} }`);
    const outcomes = await Promise.all([30_100, 30_200, 30_300].map((port, index) => lab.edge.take(lab.flow(family, `AAAAAAAAAAB${index}`, port))));
    expect(outcomes.map(({ accepted, taken }) => [accepted, taken])).toEqual([[true, true], [true, false], [true, true]]);
    expect(await lab.edge.figures()).toMatchObject({ refused: 1, flows: 2 });
    for (const { number, taken } of outcomes) if (taken) await lab.edge.release(number);
    lab.nft('delete', 'element', 'inet', table, `to${family}`, `{ ${0x5b000000 + (family === 6 ? 0x10000 : 0) + 30_200} }`);
    expect(lab.elements()).toBe(0);
  });

  it('puts flows back when somebody takes all tables away', async () => {
    const { number } = await lab.edge.take(lab.flow(family, 'AAAAAAAAAAAF'));
    lab.nft('flush', 'ruleset');
    await lab.phone.send(4_000, rtp('by the socket'), towardsPhone, 30_000);
    await lab.edge.hears(30_000, rtp('by the socket'));
    await until('the flow to be back', 8_000, async () => (await lab.edge.figures()).restored === 1 && lab.elements() === 10);
    await lab.phone.send(4_000, rtp('by the kernel'), towardsPhone, 30_000);
    expect(await lab.pbx.hears(5_000, rtp('by the kernel'))).toBe(`${towardsPbx} 30002`);
    expect((await lab.edge.release(number)).caller.packets).toBe(1);
  });

  it.each(['flush table inet', 'flush chain inet'])('puts its rules back after %s, which leaves the flows', async (command) => {
    const { number } = await lab.edge.take(lab.flow(family, 'AAAAAAAAAAAJ'));
    const { remade, restored } = await lab.edge.figures();
    lab.nft(...command.split(' '), table, ...(command.includes('chain') ? ['leaving'] : []));
    await until('the rules to be back', 20_000, async () => (await lab.edge.figures()).remade > remade);
    await lab.phone.send(4_000, rtp(`by the kernel after ${command}`), towardsPhone, 30_000);
    expect(await lab.pbx.hears(5_000, rtp(`by the kernel after ${command}`))).toBe(`${towardsPbx} 30002`);
    expect(await lab.edge.figures()).toMatchObject({ restored, stopped: false });
    expect((await lab.edge.release(number)).caller.packets).toBe(1);
  });

  it('goes on while the process is down; the next one adopts, keeps what is known, and leaves nothing in the end', async () => {
    const kept = lab.flow(family, 'AAAAAAAAAAAG');
    const dead = lab.flow(family, 'AAAAAAAAAAAH', 30_400);
    await lab.edge.take(kept);
    await lab.edge.take(dead);
    await lab.phone.send(4_000, rtp('first'), towardsPhone, 30_000);
    await lab.pbx.hears(5_000, rtp('first'));
    await lab.replaceEdge();
    await lab.phone.send(4_000, rtp('while it is down'), towardsPhone, 30_000);
    expect(await lab.pbx.hears(5_000, rtp('while it is down'))).toBe(`${towardsPbx} 30002`);

    const { adopted = [] } = await lab.edge.start();
    expect(adopted.map(({ flow }) => flow).sort((a, b) => a.session.localeCompare(b.session))).toEqual([kept, dead]);
    const [one, other] = [kept, dead].map(({ session }) => adopted.find(({ flow }) => flow.session === session));
    expect(one?.counts.caller.packets).toBe(2);
    await lab.edge.release(other?.number ?? 0);
    expect(lab.elements()).toBe(10);
    await lab.pbx.send(5_000, rtp('adopted'), towardsPbx, 30_002);
    expect(await lab.phone.hears(4_000, rtp('adopted'))).toBe(`${towardsPhone} 30000`);
    expect(await lab.edge.release(one?.number ?? 0)).toMatchObject({ caller: { packets: 2 }, callee: { packets: 1 } });
    expect(lab.elements()).toBe(0);
    await lab.edge.tell({ t: 'close', keep: false });
    expect(lab.tables()).toEqual([]);
  });
});
