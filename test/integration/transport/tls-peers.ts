/** TLS ends of a test: certificates made on the spot, identities for the transports under test, clients that look at what they got. */
import { once } from 'node:events';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { makeCertificate } from '../../../dataplane/security/x509.ts';
import type { CertificateAndKey } from '../../../dataplane/security/x509.ts';
import type { Listener } from '../../../dataplane/transport/flow.ts';
import type { TlsParts } from '../../../dataplane/transport/stream-listener.ts';
import { TlsIdentities } from '../../../dataplane/transport/tls-identities.ts';
import type { Identity, TlsPolicy } from '../../../dataplane/transport/tls-identities.ts';

export const authority = makeCertificate({ commonName: 'Test Root', names: [], nowMs: Date.now(), days: 2, authority: true });
export const certificateFor = (...names: string[]): CertificateAndKey =>
  makeCertificate({ commonName: names[0] ?? 'nobody', names, nowMs: Date.now(), days: 1, issuer: authority });

export function identity(id: string, ...names: string[]): Identity {
  const { cert, key } = certificateFor(...names);
  return { id, names, chain: cert, key };
}

export const policy = (more: Partial<TlsPolicy> = {}): TlsPolicy => ({ clientCertificates: 'off', ca: authority.cert, minVersion: 'TLSv1.2', verifyDestinations: true, ...more });

export const tlsParts = (identities: readonly Identity[], more: Partial<TlsPolicy> = {}): TlsParts =>
  ({ identities: new TlsIdentities({ policy: policy(more), identities }), tickets: new Uint8Array(48).fill(7) });

/** A TLS client that trusts the test's authority; gives itself back when the handshake is done, throws what ended it. */
export async function tlsClient(listener: Listener, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: listener.address, port: listener.port, ca: authority.cert, checkServerIdentity: () => undefined, ...options });
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  return socket;
}
