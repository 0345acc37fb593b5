/** What the host has to allow, and what happens when it does not. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { OffloadLab, rtp, settings, table } from './lab.ts';

let lab: OffloadLab;
beforeAll(() => { lab = new OffloadLab(); });
afterAll(() => lab.stop());

const sysctl = (...values: readonly string[]): string => lab.spaces.run(lab.spaces.edge, 'sysctl', '-qw', ...values);
const selfTest = (): Promise<string | null> => lab.edge.tell<string | null>({ t: 'self-test', settings });

describe('the self-test', () => {
  it('passes where everything is as it should be, and leaves nothing', async () => {
    expect(await selfTest()).toBeNull();
    expect(lab.tables()).toEqual([]);
  });

  it('names the kernel settings to change', async () => {
    sysctl('net.ipv4.ip_forward=0', 'net.ipv6.conf.all.forwarding=0', 'net.ipv4.conf.pbx.send_redirects=1');
    expect(await selfTest()).toBe('the kernel of this host does not forward packets as media needs it: set net.ipv4.ip_forward=1, net.ipv4.conf.pbx.send_redirects=0, net.ipv6.conf.all.forwarding=1 (sysctl -w, and a file in /etc/sysctl.d to keep it)');
    sysctl('net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1', 'net.ipv4.conf.pbx.send_redirects=0');
    expect(await selfTest()).toBeNull();
  });

  it('names a firewall that drops forwarded packets, until that lets ours pass', async () => {
    lab.nft('add table ip guard; add chain ip guard between { type filter hook forward priority 0; policy drop; }');
    expect(await selfTest()).toContain('the chain between of the table ip guard drops forwarded packets: let those with the mark 0x5b000000/0xfffe0000 pass');
    lab.nft('add rule ip guard between meta mark & 0xfffe0000 == 0x5b000000 accept');
    expect(await selfTest()).toBeNull();
    lab.nft('delete table ip guard');
  });

  it('says so when it may not change the tables', async () => {
    const powerless = lab.inEdge('setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin');
    expect(await powerless.tell({ t: 'self-test', settings })).toContain('CAP_NET_ADMIN');
    expect(await powerless.start()).toHaveProperty('problem');
    await powerless.process.stop();
  });
});

describe('the kernel offload', () => {
  beforeEach(async () => {
    await lab.replaceEdge();
    expect(await lab.edge.start()).toEqual({ adopted: [] });
  });

  it('gives streams back to the sockets when a firewall drops what it forwards, and takes no more', async () => {
    const { phone } = lab.spaces;
    await lab.phone.open(phone.v4, 4_000);
    await lab.edge.open('0.0.0.0', 30_000);
    const { number } = await lab.edge.take(lab.flow(4, 'AAAAAAAAAAAA'));
    lab.nft('add table ip guard; add chain ip guard between { type filter hook forward priority 0; policy drop; }');
    await lab.phone.send(4_000, rtp('lost'), phone.edgeV4, 30_000, 120);
    const { problem } = await until('the offload to see it', 8_000, async () => {
      const figures = await lab.edge.figures();
      return figures.problem !== '' && figures;
    });
    expect(problem).toBe('of 120 packets that the kernel was to forward hardly any left this host: its firewall drops forwarded packets or routes are missing; let packets with the mark 0x5b000000/0xfffe0000 pass and start the node anew');
    await until('its elements to go', 3_000, () => lab.elements() === 0);
    await lab.phone.send(4_000, rtp('by the socket'), phone.edgeV4, 30_000);
    expect(await lab.edge.hears(30_000, rtp('by the socket'))).toBe(`${phone.v4} 4000`);
    expect((await lab.edge.take(lab.flow(4, 'AAAAAAAAAAAB', 30_100))).accepted).toBe(false);
    expect(await lab.edge.release(number)).toMatchObject({ caller: { packets: 120 } });
    lab.nft('delete table ip guard');
    await lab.edge.tell({ t: 'close', keep: false });
  });

  it('goes on with another nft when that dies', async () => {
    await lab.edge.take(lab.flow(4, 'AAAAAAAAAAAA'));
    const killed = lab.spaces.run(lab.spaces.edge, 'sh', '-c', `for pid in $(ip netns pids ${lab.spaces.edge}); do if [ "$(cat /proc/$pid/comm)" = nft ]; then kill -9 $pid && echo $pid; fi; done`);
    expect(killed.trim().split('\n').length).toBe(2);
    const { number, taken } = await lab.edge.take(lab.flow(4, 'AAAAAAAAAAAB', 30_100));
    expect(taken).toBe(true);
    expect(lab.elements()).toBe(20);
    await lab.edge.release(number);
    expect(lab.elements()).toBe(10);
    await lab.edge.tell({ t: 'close', keep: false });
    expect(lab.tables()).toEqual([]);
  });

  it('keeps the table for a successor, which removes those of threads that are no more, and no others', async () => {
    await lab.edge.take(lab.flow(4, 'AAAAAAAAAAAA'));
    for (const other of ['signalbox_media_edge.2d1_1', 'signalbox_media_edge.2d1_x', 'signalbox_media_other_7']) lab.nft('add', 'table', 'inet', other);
    await lab.edge.tell({ t: 'close', keep: true });
    expect(lab.elements()).toBe(10);
    await lab.replaceEdge();
    expect((await lab.edge.start()).adopted).toHaveLength(1);
    expect(lab.tables().sort()).toEqual([`table inet ${table}`, 'table inet signalbox_media_edge.2d1_x', 'table inet signalbox_media_other_7'].sort());
    await lab.edge.tell({ t: 'close', keep: false });
    for (const other of ['signalbox_media_edge.2d1_x', 'signalbox_media_other_7']) lab.nft('delete', 'table', 'inet', other);
  });

  it('replaces a table of another version', async () => {
    await lab.edge.tell({ t: 'close', keep: false });
    lab.nft(`add table inet ${table}; add map inet ${table} from4 { type ipv4_addr : mark; }`);
    await lab.replaceEdge();
    expect(await lab.edge.start()).toEqual({ adopted: [] });
    expect((await lab.edge.take(lab.flow(4, 'AAAAAAAAAAAA'))).taken).toBe(true);
    await lab.edge.tell({ t: 'close', keep: false });
  });

  it('takes 2,000 streams at a time, and leaves nothing of them', async () => {
    const flows = Array.from({ length: 2_000 }, (_, index) => lab.flow(4, `B${String(index).padStart(11, '0')}`, 20_000 + 4 * index, { phone: 10_000 + index, pbx: 20_000 + index }));
    await lab.edge.tell({ t: 'close', keep: false });
    await lab.replaceEdge();
    await lab.edge.start({ ports: { first: 20_000, last: 27_999 } });
    const taken = await Promise.all(flows.map((flow) => lab.edge.take(flow)));
    expect(taken.filter((one) => !one.taken)).toEqual([]);
    expect(lab.elements()).toBe(20_000);
    await Promise.all(taken.map(({ number }) => lab.edge.release(number)));
    expect(lab.elements()).toBe(0);
    await lab.edge.tell({ t: 'close', keep: false });
  }, 60_000);
});
