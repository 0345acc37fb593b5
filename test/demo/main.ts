/**
 * Two small stand-ins for trying Signalbox without a PBX and a phone:
 *   npm run demo -- backend --port 5081 --name pbx-a
 *   npm run demo -- call sip:1001@sip.acme.example --via 127.0.0.1:5060 --count 10
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { callIdOf, headerOf } from '../harness/sip-text.ts';
import { Uac } from '../harness/uac.ts';
import { Uas } from '../harness/uas.ts';

const usage = `Say what to be:
  backend --port PORT --name NAME [--host ADDRESS] [--transport udp|tcp]   answers OPTIONS and calls
  call URI [--via ADDRESS:PORT] [--count N] [--transport udp|tcp]          places N calls one after the other
`;

async function backend(argv: string[]): Promise<number> {
  const { values } = parseArgs({ args: argv, options: { port: { type: 'string' }, name: { type: 'string' }, host: { type: 'string', default: '127.0.0.1' }, transport: { type: 'string', default: 'udp' } } });
  const port = Number(values.port);
  if (!Number.isInteger(port) || values.name === undefined) throw new TypeError('a backend needs --port and --name');
  const uas = await Uas.open(values.name, { host: values.host, port, transport: values.transport === 'tcp' ? 'tcp' : 'udp', keep: false });
  const answer = uas.socket.onMessage;
  uas.socket.onMessage = (received) => {
    const { message } = received;
    if (message.method === 'INVITE' || message.method === 'BYE') process.stdout.write(`${uas.name}: ${message.method} ${message.uri} from ${headerOf(message, 'from')} (${callIdOf(message)})\n`);
    answer(received);
  };
  process.stdout.write(`${uas.name} listens on ${uas.uri}; Ctrl-C ends it\n`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await uas.close();
  return 0;
}

async function call(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options: { via: { type: 'string', default: '127.0.0.1:5060' }, count: { type: 'string', default: '1' }, transport: { type: 'string', default: 'udp' } } });
  const [, host = '', port = ''] = /^\[?([^\]]+)\]?:(\d+)$/.exec(values.via) ?? [];
  const [uri = ''] = positionals;
  if (host === '' || uri === '') throw new TypeError('a call needs a SIP URI, and --via takes ADDRESS:PORT');
  const uac = await Uac.open({ host: host.includes(':') ? '::1' : '127.0.0.1', transport: values.transport === 'tcp' ? 'tcp' : 'udp' });
  const byBackend = new Map<string, number>();
  let failed = 0;
  for (let i = 0; i < Number(values.count); i++) {
    const placed = uac.invite({ uri, via: { host, port: Number(port) } });
    const outcome = await placed.complete();
    if (!outcome.ok) {
      failed += 1;
      process.stdout.write(`call ${i + 1} failed: ${outcome.detail}\n`);
    } else byBackend.set(placed.backend, (byBackend.get(placed.backend) ?? 0) + 1);
  }
  await uac.close();
  const answered = [...byBackend].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${count} by ${name}`).join(', ');
  process.stdout.write(`${values.count} calls: ${failed} failed${answered ? `, answered ${answered}` : ''}\n`);
  return failed === 0 ? 0 : 1;
}

const [role, ...argv] = process.argv.slice(2);
try {
  if (role === 'backend') process.exitCode = await backend(argv);
  else if (role === 'call') process.exitCode = await call(argv);
  else throw new TypeError('unknown role');
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  process.exitCode = 2;
}
