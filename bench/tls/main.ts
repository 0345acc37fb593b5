/**
 * `npm run bench -- tls [--seconds 5] [--rounds 3] [--lanes 16] [--readme]`: TLS handshakes of Signalbox (one SIP worker) beside
 * Kamailio (one TCP child) with the same certificate, key exchange and cipher, in turn (A B A B). A handshake is a whole
 * connection: TCP, TLS, one OPTIONS answered by 200, close. CPU is the server's process tree, user + system; the rate is what one
 * client process got out of it, and how much of a core the server used for that.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ecKey, issue, rsaKey } from '../../test/harness/certificate-authority.ts';
import { TestProcess } from '../../test/harness/process.ts';
import { treeCpuSeconds } from '../cpu.ts';
import { keepResult, markdownTable, writeReadmeRegion } from '../results.ts';
import { summarise, type Case, type Round } from './figures.ts';
import { startKamailio, startSignalbox, type TlsEdge } from './edges.ts';
import type { Handshakes, Order } from './order.ts';

const warmUpSeconds = 2;
const certificates = { 'EC P-256': ecKey, 'RSA 2048': rsaKey(2_048) } as const;
type CertificateName = keyof typeof certificates;

const cases: readonly Case[] = [
  { certificate: 'EC P-256', version: 'TLSv1.3', resume: false },
  { certificate: 'EC P-256', version: 'TLSv1.2', resume: false },
  { certificate: 'EC P-256', version: 'TLSv1.3', resume: true },
  { certificate: 'EC P-256', version: 'TLSv1.2', resume: true },
  { certificate: 'RSA 2048', version: 'TLSv1.3', resume: false },
  { certificate: 'RSA 2048', version: 'TLSv1.2', resume: false },
];

async function handshakes(order: Order): Promise<Handshakes> {
  const client = TestProcess.node('tls client', 'bench/tls/client.ts', [JSON.stringify(order)]);
  try {
    const [line] = await client.line(/^\{.*\}$/, (order.seconds + 30) * 1_000);
    await client.exit();
    return JSON.parse(line) as Handshakes;
  } finally {
    await client.kill();
  }
}

async function measure(edge: TlsEdge, what: Case, seconds: number, lanes: number): Promise<Round> {
  const before = treeCpuSeconds(edge.pid);
  const got = await handshakes({ host: edge.host, port: edge.port, seconds, lanes, version: what.version, resume: what.resume });
  const cpuSeconds = treeCpuSeconds(edge.pid) - before;
  if (got.done === 0) throw new Error(`${edge.name} completed no connection (${got.failed} failed)`);
  return { edge: edge.name, ...got, cpuMicros: (cpuSeconds / got.done) * 1e6, perSecond: got.done / got.seconds, busyCores: cpuSeconds / got.seconds };
}

const nameOf = ({ certificate, version, resume }: Case): string => `${version.replace('v', ' ')}, ${certificate}, ${resume ? 'resumed' : 'full'}`;

/** Runs the bench. @returns the process's exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: { seconds: { type: 'string', default: '5' }, rounds: { type: 'string', default: '3' }, lanes: { type: 'string', default: '16' }, readme: { type: 'boolean', default: false } } });
  const [seconds, rounds, lanes] = [Number(values.seconds), Number(values.rounds), Number(values.lanes)];
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 600 || !Number.isInteger(rounds) || rounds < 1 || rounds > 100 || !Number.isInteger(lanes) || lanes < 1 || lanes > 400) {
    process.stderr.write('--seconds takes 1 to 600, --rounds 1 to 100, --lanes 1 to 400.\n');
    return 2;
  }
  if (!existsSync('/usr/sbin/kamailio') || !existsSync('/usr/bin/openssl')) {
    process.stderr.write('This bench needs kamailio, its tls module and openssl: apt-get install kamailio kamailio-tls-modules openssl\n');
    return 1;
  }
  const edges: { readonly certificate: string; readonly edge: TlsEdge }[] = [];
  try {
    for (const certificate of Object.keys(certificates) as CertificateName[]) {
      const pair = issue({ subject: 'edge.example', key: certificates[certificate] });
      for (const start of [startKamailio, startSignalbox]) edges.push({ certificate, edge: await start(pair) });
    }
    const table: string[][] = [];
    const verdicts: string[] = [];
    for (const what of cases) {
      const sides = edges.filter(({ certificate }) => certificate === what.certificate).map(({ edge }) => edge);
      for (const edge of sides) await measure(edge, what, warmUpSeconds, lanes);
      const measured: Round[] = [];
      for (let i = 0; i < rounds; i++) {
        for (const edge of sides) {
          const round = await measure(edge, what, seconds, lanes);
          measured.push(round);
          process.stdout.write(`${edge.name.padEnd(10)} ${nameOf(what)}: ${round.cpuMicros.toFixed(0)} µs CPU, ${round.perSecond.toFixed(0)}/s with ${round.busyCores.toFixed(2)} cores, ${round.resumed} of ${round.done} resumed, ${round.failed} failed, ${round.suite}\n`);
        }
      }
      const { rows, verdict, ratios } = summarise(nameOf(what), measured);
      table.push(...rows);
      verdicts.push(verdict);
      keepResult('tls', { case: nameOf(what), seconds, lanes, ratios, rounds: measured });
    }
    const text = [markdownTable(['', 'connection', 'CPU µs each, median (spread)', 'each core could do a second', 'measured a second', 'server busy', 'failed'], table), '', ...verdicts].join('\n');
    process.stdout.write(`\n${text}\n`);
    if (values.readme) writeReadmeRegion('tls', text);
    return 0;
  } finally {
    for (const { edge } of edges) await edge.stop();
  }
}
