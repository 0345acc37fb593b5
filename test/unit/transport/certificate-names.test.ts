import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { makeCertificate } from '../../../dataplane/security/x509.ts';
import { fitsName } from '../../../dataplane/transport/certificate-names.ts';

const of = (...names: string[]): X509Certificate => new X509Certificate(makeCertificate({ commonName: 'cn.example', names, nowMs: Date.now(), days: 1 }).cert);

it.each([
  [['pbx.example'], 'PBX.example', true],
  [['pbx.example'], 'a.pbx.example', false],
  [['*.pbx.example'], 'a.pbx.example', true],
  [['*.pbx.example'], 'a.b.pbx.example', false],
  [['*.pbx.example'], 'pbx.example', false],
  [['sip:pbx.example'], 'pbx.example', true],
  [['sip:alice@pbx.example'], 'pbx.example', false],
  [['sip:pbx.example'], 'a.pbx.example', false],
  [['192.0.2.1'], '192.0.2.1', true],
  [['192.0.2.1'], '192.0.2.2', false],
  [['2001:db8::1'], '2001:db8:0::1', true],
  [['2001:db8::1'], '[2001:db8::1]', true],
  [['pbx.example'], '192.0.2.1', false],
  [[], 'cn.example', true],
  [['pbx.example'], 'cn.example', false],
])('a certificate for %j is one of %s: %s', (names, name, fits) => {
  expect(fitsName(of(...names), name)).toBe(fits);
});

it('no certificate is nobody’s', () => {
  expect(fitsName(undefined, 'pbx.example')).toBe(false);
});
