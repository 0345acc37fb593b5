/** The messages of one call leave in the order they came, with any number of workers and through hand-overs. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import { answerTo, callIdOf, newBranch, writeSip } from '../../harness/sip-text.ts';
import { Rig } from '../dataplane/rig.ts';

const calls = 1_500;
const callers = 20;
/** So many INVITEs at once, then a breath: a burst that no socket buffer is too small for. */
const together = 50;

it.each([[1, 'own'], [2, 'own'], [4, 'own'], [2, 'single'], [4, 'single']])('%i workers, backend port %s: of 1,500 calls with 180 and 200 back to back none gets the 200 first', async (workers, mode) => {
  const pbx = await SipSocket.open({ keep: false });
  pbx.onMessage = ({ message, reply }) => {
    if (message.status > 0 || message.method !== 'INVITE') return;
    for (const status of [180, 200]) reply(answerTo(message, status, 'Test', { toTag: 'callee', headers: [`Contact: <sip:127.0.0.1:${pbx.port}>`], body: '' }));
  };
  const rig = await Rig.start([{ key: 'acme', destinations: [`sip:127.0.0.1:${pbx.port}`], failover: { frMs: 30_000, maxAttempts: 1 } }], { workers, env: { SIGNALBOX_BACKEND_PORT: mode } });
  const heard = new Map<string, string>();
  const sockets = await Promise.all(Array.from({ length: callers }, () => SipSocket.open({ keep: false })));
  for (const socket of sockets) {
    socket.onMessage = ({ message }) => {
      if (message.status > 100) heard.set(callIdOf(message), `${heard.get(callIdOf(message)) ?? ''}${message.status} `);
    };
  }
  try {
    for (let n = 0; n < calls; n++) {
      const socket = sockets[n % callers] ?? pbx;
      const text = writeSip('INVITE sip:1001@acme.example SIP/2.0', [
        `Via: SIP/2.0/UDP 127.0.0.1:${socket.port};branch=${newBranch()}`, 'Max-Forwards: 70', 'From: <sip:alice@acme.example>;tag=alice',
        'To: <sip:1001@acme.example>', `Call-ID: order-${n}`, 'CSeq: 1 INVITE', `Contact: <sip:127.0.0.1:${socket.port}>`,
      ]);
      await socket.send(text, { host: '127.0.0.1', port: rig.port });
      if (n % together === together - 1) await pause(10);
    }
    await until('all calls to be answered', 40_000, () => [...heard.values()].filter((list) => list.includes('200')).length === calls);
    // The 200 comes again now and then (nobody acknowledges it); what counts is what came first.
    const reordered = [...heard].filter(([, list]) => !list.startsWith('180 '));
    expect(reordered).toEqual([]);
    if (mode === 'single') expect(await rig.metric('handed_over_total')).toBeGreaterThan(0);
  } finally {
    for (const socket of [pbx, ...sockets]) await socket.close();
    await rig.stop();
  }
}, 90_000);
