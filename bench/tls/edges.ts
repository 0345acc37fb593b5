/** The two servers of the TLS bench with one certificate: each does its handshakes in one process or thread. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Rig } from '../../test/integration/dataplane/rig.ts';
import type { IssuedCertificate } from '../../test/harness/certificate-authority.ts';
import { Kamailio } from '../../test/harness/kamailio.ts';
import { freePort } from '../../test/harness/ports.ts';

export interface TlsEdge {
  readonly name: 'kamailio' | 'signalbox';
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Debian's Kamailio with bench/kamailio/tls.cfg: one TCP child. */
export async function startKamailio({ cert, key }: IssuedCertificate): Promise<TlsEdge> {
  const port = await freePort();
  const kamailio = await Kamailio.start('bench/kamailio/tls.cfg', { TLSPORT: String(port) }, { 'edge.crt': cert, 'edge.key': key }, 512);
  return { name: 'kamailio', host: '127.0.0.1', port, pid: kamailio.process.pid, stop: () => kamailio.stop() };
}

/** A data plane with one SIP worker that shows this certificate. */
export async function startSignalbox({ cert, key }: IssuedCertificate): Promise<TlsEdge> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-tls-'));
  const [certFile, keyFile] = [join(folder, 'edge.crt'), join(folder, 'edge.key')];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key, { mode: 0o600 });
  const rig = await Rig.start([], { listen: `udp:127.0.0.1:PORT,tls:127.0.0.1:TLS_PORT;cert=${certFile};key=${keyFile}`, workers: 1 });
  return {
    name: 'signalbox', host: '127.0.0.1', port: rig.addressFor('tls', '127.0.0.1').port, pid: rig.process.pid,
    async stop() {
      await rig.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
