import type { Random } from './random.ts';

/** Pieces that have a meaning somewhere in SIP: what random bytes would never hit. */
const pieces: readonly string[] = [
  '\r\n', '\r', '\n', '\r\n\r\n', '\r\n ', '\r\n\t', ' ', '\t', '\u0000', '\u00ff', ',', ';', ':', '=', '"', '\\', '\\"', '<', '>', '@', '%', '%00', '%4', '?', '/', '[', ']', '[::1]', '::', '*', '.', '-1', '0',
  '4294967296', '99999999999999999999', 'SIP/2.0', 'SIP/3.0', 'sip:', 'tel:', 'v', 'Via: SIP/2.0/UDP h;branch=z9hG4bK', 'l: 5\r\n', 'Content-Length: 99\r\n', 'Route: <sip:a;lr>, <sip:b>\r\n', 'tag=', 'branch=', 'rport', 'received=',
  'INVITE', 'CSeq: 1 INVITE\r\n', ';;', ',,', '<<', '""', 'sip/2.0', '  ', 'received=192.0.2.1', 'received="', 'rport=5060', ';lr', ';maddr=192.0.2.1', 'Via: \r\n', ';transport=', '+', '(', '\'', '~sb',
  'Proxy-Authorization: Digest username="a\\"b", realm=x\r\n',
];

/** One to eight random changes: bytes flipped, pieces put in, ranges cut, doubled, moved or taken from another text. */
export function mutate(text: string, others: readonly string[], random: Random): string {
  let out = text;
  for (let changes = 1 + random.below(8); changes > 0; changes--) {
    const at = random.below(out.length + 1);
    const length = random.below(random.below(4) === 0 ? 200 : 12);
    const before = out.slice(0, at);
    const behind = out.slice(at);
    switch (random.below(7)) {
      case 0:
        out = before + String.fromCharCode(random.below(256)) + behind.slice(1);
        break;
      case 1:
        out = before + random.pick(pieces) + behind;
        break;
      case 2:
        out = before + random.pick(pieces) + behind.slice(length);
        break;
      case 3:
        out = before + behind.slice(length);
        break;
      case 4:
        out = before + behind.slice(0, length) + behind;
        break;
      case 5: {
        const other = random.pick(others);
        const from = random.below(other.length + 1);
        out = before + other.slice(from, from + length) + behind;
        break;
      }
      default:
        out = before + behind.slice(0, length).repeat(1 + random.below(random.below(200) === 0 ? 3_000 : 30)) + behind;
    }
  }
  return out.slice(0, 70_000);
}
