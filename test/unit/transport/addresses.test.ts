import { expect, test } from 'vitest';
import { networkOf, normalizeAddress } from '../../../dataplane/transport/addresses.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:C000:0201', '192.0.2.1'],
  ['[2001:DB8:0:0:0:0:0:1]', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
  ['PBX.Example', 'pbx.example'],
])('normalizeAddress(%s) = %s', (text, wanted) => {
  expect(normalizeAddress(text)).toBe(wanted);
});

test.each([
  ['192.0.2.1', '192.0.2.2', false], ['2001:db8::1', '2001:db8::ffff:1:2:3', true], ['2001:db8::1', '2001:db8:0:1::1', false],
  ['2001:db8::1', '2001:db8:0:0:a::', true], ['fe80::1%eth0', 'fe80::2%eth0', true], ['fe80::1%eth0', 'fe80::1%eth1', false],
])('%s and %s are one source for caps: %s', (a, b, same) => {
  expect(networkOf(normalizeAddress(a)) === networkOf(normalizeAddress(b))).toBe(same);
});
