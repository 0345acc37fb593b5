/**
 * One end of a call as a process, so that it can live in a network namespace: `node end.ts HOST EDGE-HOST EDGE-PORT`.
 * Reads a command a line, answers each with a line of JSON; whoever is called answers by itself.
 */
import { createInterface } from 'node:readline';
import { until } from '../../harness/deadline.ts';
import { MediaPeer } from '../../harness/media-peer.ts';
import { callIdOf } from '../../harness/sip-text.ts';
import { endPort, type EndReport } from './end-report.ts';

const patienceMs = 600_000;

/** What was heard and said before does not count. */
let since = { heard: 0, said: 0 };

function report({ media }: MediaPeer): EndReport {
  const sources = new Set(media.heard.slice(since.heard).flatMap(({ rtp }) => (rtp === null ? [] : [rtp.ssrc])));
  return {
    ssrc: media.ssrc, said: media.sent - since.said, to: `${media.to?.host} ${media.to?.port}`, rtcp: media.heard.filter(({ kind }) => kind === 'rtcp').length, heldMs: media.heldMs,
    heard: Object.fromEntries([...sources].map((ssrc) => [String(ssrc), media.hearing(ssrc, since.heard)])), account: media.account(),
  };
}

/** Takes a call and whatever comes in it, until its BYE. */
async function serve(end: MediaPeer): Promise<void> {
  end.isCalledBy(await end.sip.socket.waitFor('a call', (m) => m.status === 0 && m.method === 'INVITE' && callIdOf(m) !== '', patienceMs));
  end.answers(200);
  await end.takes('ACK');
  for (;;) {
    const { received, message } = await end.takes(['INVITE', 'UPDATE', 'BYE'], patienceMs);
    end.replies(received, 200, message.method === 'BYE' ? '' : end.describe());
    if (message.method === 'BYE') return;
    if (message.method === 'INVITE') await end.takes('ACK');
  }
}

async function call(end: MediaPeer, uri: string): Promise<void> {
  await end.invite(uri);
  await end.hears(200);
  await end.acknowledges();
}

async function obey(end: MediaPeer, command: string, argument: string): Promise<unknown> {
  switch (command) {
    case 'serve': return serve(end);
    case 'call': return call(end, argument);
    // Counted here, where it costs nothing: a long call has many packets.
    case 'hears': {
      const [ssrc = 0, packets = 0, ms = 0] = argument.split(' ').map(Number);
      const { media } = end;
      await until(`${packets} packets of ssrc ${ssrc.toString(16)}`, ms, () => media.mark - since.heard >= packets && media.hearing(ssrc, since.heard).packets >= packets).catch((error: unknown) => {
        throw new Error(`${packets} packets of ssrc ${ssrc.toString(16)} expected within ${ms} ms. ${media.account()}`, { cause: error });
      });
      return;
    }
    case 'mark':
      since = { heard: end.media.mark, said: end.media.sent };
      end.media.heldMs = 0;
      return;
    case 'talk': return end.media.talk();
    case 'hush': return end.media.hush();
    case 'rtcp': return end.media.sendRtcp().length;
    // Packets to a place that is not of its call.
    case 'intrude': {
      const [host = '', port = ''] = argument.split(' ');
      for (let i = 0; i < 20; i++) end.media.say({ host, port: Number(port) });
      return;
    }
    case 'move': return end.media.move();
    case 'reinvite': {
      await end.requests('INVITE', end.describe());
      await end.hears(200);
      return end.acknowledges();
    }
    case 'bye': {
      await end.requests('BYE');
      await end.hears(200, 'BYE');
      return;
    }
    case 'report': return report(end);
    default: throw new Error(`no command ${command}`);
  }
}

async function main(): Promise<void> {
  const [host = '', edgeHost = '', edgePort = ''] = process.argv.slice(2);
  const edge = { host: edgeHost, port: Number(edgePort) };
  const end = await MediaPeer.open({ addressFor: () => edge }, { sip: { host, port: endPort } });
  process.stdout.write('ready\n');
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [number = '', command = '', ...words] = line.split(' ');
    const answer = (value: object): void => void process.stdout.write(`${number} ${JSON.stringify(value)}\n`);
    obey(end, command, words.join(' ')).then((result) => answer({ result: result ?? null }), (error: unknown) => answer({ error: error instanceof Error ? error.message : String(error) }));
  });
}

await main();
