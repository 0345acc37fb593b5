/** A self-signed certificate for the TLS ends of a test. */
import { makeCertificate } from '../../dataplane/security/x509.ts';
import type { TestCertificate } from './sip-wires.ts';

/** For DNS names, valid for a day. */
export const testCertificate = (names: readonly string[] = ['localhost']): TestCertificate =>
  makeCertificate({ commonName: names[0] ?? 'localhost', names: [...names, '127.0.0.1'], nowMs: Date.now(), days: 1 });
