/** The ng protocol against an instance that the test plays: what is lost is sent again under the same cookie, what is late or strange is dropped. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { textAt } from '../../../dataplane/media/rtpengine/bencode.ts';
import { answerMs, NgClient, type NgAnswer } from '../../../dataplane/media/rtpengine/ng-client.ts';
import { until, within } from '../../harness/deadline.ts';
import { holdThread } from '../../harness/hold.ts';
import { freePort } from '../../harness/ports.ts';

interface Heard {
  readonly cookie: string;
  readonly body: string;
  readonly from: RemoteInfo;
}

const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function instance(): Promise<{ readonly socket: Socket; readonly port: number; readonly heard: Heard[] }> {
  const socket = createSocket('udp4');
  open.push(socket);
  const heard: Heard[] = [];
  socket.on('message', (data, from) => {
    const [cookie = '', ...body] = data.toString('latin1').split(' ');
    heard.push({ cookie, body: body.join(' '), from });
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { socket, port: socket.address().port, heard };
}

function clientOf(port: number, address = '127.0.0.1'): NgClient {
  const client = new NgClient(address, port);
  open.push(client);
  return client;
}

const ask = (client: NgClient, command = 'ping'): Promise<NgAnswer> => within(20_000, command, new Promise((resolve) => client.request({ command }, resolve)));
const reply = (socket: Socket, { cookie, from }: Heard, body: string): void => socket.send(`${cookie} ${body}`, from.port, from.address);

describe('a request', () => {
  it('is sent again under its cookie until the answer comes', async () => {
    const { socket, port, heard } = await instance();
    const client = clientOf(port);
    const answer = ask(client);
    const third = await until('the third sending', 20_000, () => heard[2] ?? null);
    expect(new Set(heard.map(({ cookie }) => cookie)).size).toBe(1);
    expect(heard.map(({ body }) => body)).toEqual(Array(3).fill('d7:command4:pinge'));
    reply(socket, third, 'd6:result4:ponge');
    // A second answer is nobody's.
    reply(socket, third, 'd6:result2:noe');
    const got = await answer;
    expect(got.ok && textAt(got.value, 'result')).toBe('pong');
    expect(client.underWay).toBe(0);
  });

  it('is answered by what came in time, though this thread was held up until the time was over', async () => {
    const { socket, port } = await instance();
    const client = clientOf(port);
    const startedMs = performance.now();
    let sendings = 0;
    socket.on('message', (data, from) => {
      sendings += 1;
      if (sendings === 3) socket.send(`${data.toString('latin1').split(' ')[0]} d6:result4:ponge`, from.port, from.address, () => holdThread(answerMs - (performance.now() - startedMs) + 50));
    });
    expect((await ask(client)).ok).toBe(true);
  });

  it('has a cookie of its own, and takes no answer to another', async () => {
    const { socket, port, heard } = await instance();
    const client = clientOf(port);
    const answers = [ask(client, 'one'), ask(client, 'two')];
    const first = await until('one', 20_000, () => heard.find(({ body }) => body.includes('one')) ?? null);
    const second = await until('two', 20_000, () => heard.find(({ body }) => body.includes('two')) ?? null);
    socket.send('junk', first.from.port, first.from.address);
    socket.send('', first.from.port, first.from.address);
    reply(socket, { ...first, cookie: `${first.cookie}x` }, 'd6:result5:wronge');
    reply(socket, second, 'd6:result1:2e');
    reply(socket, first, 'd6:result1:1e');
    const got = await Promise.all(answers);
    expect(got.map((answer) => answer.ok && textAt(answer.value, 'result'))).toEqual(['1', '2']);
  });

  it('fails with a sentence when the answer is garbage or none comes', async () => {
    const { socket, port, heard } = await instance();
    const client = clientOf(port);
    const garbage = ask(client, 'one');
    reply(socket, await until('one', 20_000, () => heard[0] ?? null), 'd6:result');
    expect(await garbage).toMatchObject({ ok: false, error: expect.stringContaining('at byte') });
    const startedMs = performance.now();
    expect(await ask(client)).toEqual({ ok: false, error: 'no answer within 900 ms' });
    expect(performance.now() - startedMs).toBeGreaterThan(850);
  });

  it('fails at once when nobody listens, and goes through when somebody does again', async () => {
    const port = await freePort();
    const client = clientOf(port);
    const startedMs = performance.now();
    expect(await ask(client)).toEqual({ ok: false, error: 'nobody listens there' });
    expect(performance.now() - startedMs).toBeLessThan(answerMs);
    const socket = createSocket('udp4');
    open.push(socket);
    socket.on('message', (data, from) => socket.send(`${data.toString('latin1').split(' ')[0]} d6:result4:ponge`, from.port, from.address));
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    expect((await ask(client)).ok).toBe(true);
  });

  it('fails at once when it is too long or too many are under way, and when the instance is taken out', async () => {
    const { port } = await instance();
    const client = clientOf(port);
    const failures: string[] = [];
    const note = (answer: NgAnswer): void => void failures.push(answer.ok ? 'none' : answer.error);
    client.request({ command: 'x'.repeat(70_000) }, note);
    expect(failures).toEqual([expect.stringMatching(/^a request of 700\d\d bytes is too long$/)]);
    for (let n = 0; n < 4_097; n++) client.request({ command: 'ping' }, note);
    expect(failures[1]).toBe('4096 requests are under way');
    client.close();
    expect(failures).toHaveLength(4_098);
    expect(failures.at(-1)).toBe('the instance was taken out of the settings');
  });
});
