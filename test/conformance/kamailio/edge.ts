/** Kamailio of Debian as the edge under test, with a configuration of ours. */
import { readdirSync, readFileSync } from 'node:fs';
import { Kamailio } from '../../harness/kamailio.ts';
import { freePort } from '../../harness/ports.ts';
import type { TestCertificate } from '../../harness/sip-wires.ts';
import { allowedOrigin, type Edge, type EdgePlan } from '../edge.ts';

const tableLines = (plans: readonly EdgePlan[]): string =>
  plans.flatMap(({ number, domains, algorithm, frMs, frInviteMs }) =>
    domains.map((domain) => `    $sht(set=>${domain}) = ${number}; $sht(algorithm=>${domain}) = ${algorithm}; $sht(fr=>${domain}) = ${frMs}; $sht(frinv=>${domain}) = ${frInviteMs};`)).join('\n');

/** Its module tries the highest priority first. 8 = probe it. */
const dispatcherLines = (plans: readonly EdgePlan[]): string =>
  plans.flatMap(({ number, destinations, probing }) => destinations.map((uri, index) => `${number} ${uri} ${probing ? 8 : 0} ${100 - index}`)).join('\n');

/** Processes of a group, by the leader's pid: Kamailio's children are its direct ones. */
function familyOf(pid: number): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((one) => {
    try {
      return one === pid || Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1]) === pid;
    } catch (error) {
      // It ended while we looked.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ESRCH') return false;
      throw error;
    }
  });
}

const residentOf = (pid: number): number => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;

/** @param certificate of its TLS listener. It takes its name servers from the machine, so that the tests' DNS server is unknown to it. */
export async function startKamailio(plans: readonly EdgePlan[], certificate: TestCertificate): Promise<Edge> {
  const tlsPort = await freePort();
  const kamailio = await Kamailio.start('test/conformance/kamailio/edge.cfg', { DOMAINS: tableLines(plans), TLSPORT: String(tlsPort), ORIGIN: allowedOrigin }, {
    'dispatcher.list': `${dispatcherLines(plans)}\n`, 'edge.crt': certificate.cert, 'edge.key': certificate.key,
  });
  return {
    name: 'kamailio',
    ownName: 'edge.example',
    mediaPorts: null,
    addressFor: (transport, host) => ({ host: host.includes(':') ? '::1' : '127.0.0.1', port: transport === 'tls' || transport === 'wss' ? tlsPort : kamailio.port }),
    get running() {
      return kamailio.process.running;
    },
    residentBytes: () => familyOf(kamailio.process.pid).reduce((sum, pid) => sum + residentOf(pid), 0),
    stop: () => kamailio.stop(),
  };
}
