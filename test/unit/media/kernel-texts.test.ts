import { describe, expect, it } from 'vitest';
import { pairElements } from '../../../dataplane/media/kernel/adoption.ts';
import { changeScript, readComment } from '../../../dataplane/media/kernel/changes.ts';
import { ElementReader, type CountedElement } from '../../../dataplane/media/kernel/element-reader.ts';
import { isEligible } from '../../../dataplane/media/kernel/eligible.ts';
import { markBase, markMask, markOf } from '../../../dataplane/media/kernel/marks.ts';
import { complaintIn } from '../../../dataplane/media/kernel/nft-channel.ts';
import { tableName, tableScript, threadOfTable } from '../../../dataplane/media/kernel/table.ts';
import type { OffloadFlow } from '../../../dataplane/media/offload.ts';

const ports = { first: 30_000, last: 39_999 };
const v4: OffloadFlow = {
  session: 'Abc-_4567890', stream: 1, family: 4, mux: false,
  caller: { remote: { address: '192.0.2.1', port: 4_000 }, local: { address: '198.51.100.1', port: 30_000 } },
  callee: { remote: { address: '203.0.113.2', port: 5_000 }, local: { address: '198.51.100.9', port: 30_004 } },
};
const v6: OffloadFlow = {
  session: 'BBBBBBBBBBBB', stream: 0, family: 6, mux: true,
  caller: { remote: { address: '2001:db8:1::1', port: 4_000 }, local: { address: '2001:db8::9', port: 30_000 } },
  callee: { remote: { address: '2001:db8:2::2', port: 5_000 }, local: { address: '2001:db8::9', port: 30_004 } },
};

/** As `nft -j list map` shows it. */
const listed = (address: string, remote: number, local: number, comment: string, packets: number, bytes: number, mark: number): string =>
  `[{"elem": {"val": {"concat": ["${address}", ${remote}, ${local}]}, ${comment === '' ? '' : `"comment": "${comment}", `}"counter": {"packets": ${packets}, "bytes": ${bytes}}}}, ${mark}]`;
const elementsOf = (pieces: readonly string[]): CountedElement[] => {
  const found: CountedElement[] = [];
  const reader = new ElementReader((element) => { found.push(element); });
  for (const piece of pieces) reader.read(piece);
  return found;
};

describe('marks of the kernel offload', () => {
  it('stay within their bits, and tell families and ports apart', () => {
    const marks = [4, 6].flatMap((family) => [1_024, 65_535].map((port) => markOf(family as 4 | 6, port)));
    expect(new Set(marks).size).toBe(4);
    for (const mark of marks) expect((mark & markMask) >>> 0).toBe(markBase);
  });
});

describe('the table of a media thread', () => {
  it('bears the name of its node in letters that nft takes, and is known again', () => {
    expect(tableName('edge-1', 3)).toBe('signalbox_media_edge.2d1_3');
    expect(tableName('edge"; flush ruleset', 0)).toMatch(/^[a-z0-9_.]+$/);
    expect(threadOfTable('edge-1', tableName('edge-1', 3))).toBe(3);
    expect(threadOfTable('edge', tableName('edge_1', 3))).toBe(-1);
    expect(threadOfTable('edge', 'filter')).toBe(-1);
  });

  it('looks up RTP of our ports only, and nothing without a UDP checksum', () => {
    const script = tableScript('t', ports);
    expect(script).toContain('arriving udp dport 30000-39999 @th,64,2 2 @th,72,8 != 192-223 udp length >= 20 udp checksum != 0 jump passing\n');
    expect(script).toContain('leaving meta mark & 0xfffe0000 == 0x5b000000 ip saddr set');
  });
});

describe('changes of elements', () => {
  it('are one statement a map, deletions first', () => {
    expect(changeScript('t', [{ add: true, flow: v4 }, { add: false, flow: v6 }]).split('\n')).toEqual([
      'delete element inet t from6 { 2001:db8:1::1 . 4000 . 30000, 2001:db8:2::2 . 5000 . 30004 }',
      'delete element inet t to6 { 1526822192, 1526822196 }',
      'delete element inet t toport { 1526822192, 1526822196 }',
      'delete element inet t as6 { 1526822192, 1526822196 }',
      'delete element inet t asport { 1526822192, 1526822196 }',
      'add element inet t from4 { 192.0.2.1 . 4000 . 30000 comment "Abc-_4567890/1/caller/rtp/198.51.100.1" : 1526756656, 203.0.113.2 . 5000 . 30004 comment "Abc-_4567890/1/callee/rtp/198.51.100.9" : 1526756660 }',
      'add element inet t to4 { 1526756656 : 203.0.113.2, 1526756660 : 192.0.2.1 }',
      'add element inet t toport { 1526756656 : 5000, 1526756660 : 4000 }',
      'add element inet t as4 { 1526756656 : 198.51.100.9, 1526756660 : 198.51.100.1 }',
      'add element inet t asport { 1526756656 : 30004, 1526756660 : 30000 }',
      '',
    ]);
  });

  it.each(['', 'x', 'Abc-_4567890/1/caller/rtp', 'Abc-_4567890/1/caller/rtp/', 'Abc-_4567890/1/nobody/rtp/::', 'Abc-_4567890/-1/caller/rtp/::', 'short/1/caller/rtp/::', 'Abc-_4567890/1/caller/xyz/::', 'Abc-_4567890/1/caller/rtp/::/more'])(
    'do not take "%s" for a comment of theirs', (comment) => {
      expect(readComment(comment)).toBeNull();
    },
  );
});

describe('what nft lists', () => {
  const caller = listed('192.0.2.1', 4_000, 30_000, 'Abc-_4567890/1/caller/rtp/198.51.100.1', 3, 600, 1_526_756_656);
  const callee = listed('203.0.113.2', 5_000, 30_004, 'Abc-_4567890/1/callee/rtp/198.51.100.9', 2, 400, 1_526_756_660);
  const whole = `{"nftables": [{"metainfo": {"version": "1.0.6"}}, {"map": {"family": "inet", "name": "from4", "elem": [${caller}, ${callee}], "stmt": [{"counter": null}]}}]}`;

  it('is read whole from pieces of any size', () => {
    const atOnce = elementsOf([whole]);
    expect(atOnce).toHaveLength(2);
    expect(atOnce[0]).toEqual({ remoteAddress: '192.0.2.1', remotePort: 4_000, localPort: 30_000, comment: 'Abc-_4567890/1/caller/rtp/198.51.100.1', packets: 3, bytes: 600, mark: 1_526_756_656 });
    for (const size of [1, 7, 100, 333]) expect(elementsOf(whole.match(new RegExp(`.{1,${size}}`, 'gs')) ?? [])).toEqual(atOnce);
  });

  it('is skipped where it is anything else', () => {
    const garbage = 'Error: no\n{"nftables": [\u0000\uFFFD{{"concat": ["'.repeat(2_000);
    expect(elementsOf([garbage, garbage])).toEqual([]);
    expect(elementsOf([garbage, whole, garbage])).toHaveLength(2);
    expect(elementsOf([listed('192.0.2.1', 1, 2, 'a\\"b', 1, 1, 1), listed('not an address', 1, 2, '', 1, 1, 1), listed('192.0.2.1', 1, 2, '', -1, 1, 1)])).toEqual([]);
  });

  it('is paired to the flows that it was, with bytes of UDP payload', () => {
    expect(pairElements(elementsOf([whole]))).toEqual([{ flow: v4, counts: { caller: { packets: 3, bytes: 516 }, callee: { packets: 2, bytes: 344 } } }]);
    expect(pairElements(elementsOf([caller]))).toEqual([]);
    expect(pairElements(elementsOf([listed('192.0.2.1', 4_000, 30_000, '', 3, 600, 1), callee]))).toEqual([]);
    expect(pairElements(elementsOf([caller, listed('2001:db8::1', 5_000, 30_004, 'Abc-_4567890/1/callee/rtp/198.51.100.9', 2, 400, 2)]))).toEqual([]);
  });

  it('is a complaint without the one about the line behind the script', () => {
    const ack = 'Error: syntax error, unexpected number, expecting string\nack 7\n    ^\n';
    expect(complaintIn(ack, 7)).toBe('');
    expect(complaintIn(`    ^\n${ack}`, 7)).toBe('');
    expect(complaintIn(`/proc/self/fd/3:2:1-9: Error: Could not process rule: File exists\nadd element\n^^^\n${ack}`, 7)).toBe('Could not process rule: File exists');
    expect(complaintIn('sh: 1: exec: nft: not found\n', 7)).toBe('');
  });
});

describe('a flow that the kernel may have', () => {
  const withRemote = (address: string, port = 4_000): OffloadFlow => ({ ...v4, caller: { ...v4.caller, remote: { address, port } } });

  it('has routable ends of one family, ports of ours and an id', () => {
    expect(isEligible(v4, ports)).toBe(true);
    expect(isEligible(v6, ports)).toBe(true);
    expect(isEligible(v4, { first: 30_002, last: 39_999 })).toBe(false);
    expect(isEligible({ ...v4, family: 6 }, ports)).toBe(false);
    expect(isEligible({ ...v4, session: 'x" : 1 }; flush' }, ports)).toBe(false);
    expect(isEligible({ ...v4, stream: 1.5 }, ports)).toBe(false);
    expect(isEligible({ ...v4, callee: { ...v4.callee, local: v4.caller.local } }, ports)).toBe(false);
    expect(isEligible(withRemote('192.0.2.1', 0), ports)).toBe(false);
  });

  it.each(['127.0.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255', '169.254.1.1', '2001:db8::1', '192.0.2.1; x', ''])('does not end at "%s"', (address) => {
    expect(isEligible(withRemote(address), ports)).toBe(false);
  });

  it.each(['::', '::1', 'fe80::1', 'fe80::1%eth0', 'ff02::1', '::ffff:192.0.2.1'])('does not end at %s', (address) => {
    expect(isEligible({ ...v6, callee: { ...v6.callee, remote: { address, port: 4_000 } } }, ports)).toBe(false);
  });
});
