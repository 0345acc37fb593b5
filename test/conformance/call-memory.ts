/** How much memory of an edge a call takes while it is up, seen from outside: resident memory with and without. */
import { until } from '../harness/deadline.ts';
import { Peer } from '../harness/peer.ts';
import { SipSocket } from '../harness/sip-socket.ts';
import { callIdOf, newBranch, valuesOf } from '../harness/sip-text.ts';
import type { StartEdge } from './edge.ts';
import { torturePlan } from './torture.ts';

const burst = 50;

/**
 * Sets calls up (INVITE, 180, 200, ACK) as fast as they are answered and leaves them up.
 * @returns bytes a call between the `warm`-th and the last
 */
export async function memoryOfCall(start: StartEdge, warm: number, calls: number): Promise<number> {
  const backend = await SipSocket.open({ keep: false });
  const caller = await SipSocket.open({ keep: false });
  const edge = await start([torturePlan(backend)], '127.0.0.1:9');
  try {
    const [callee, phone] = [new Peer(backend, edge), new Peer(caller, edge)];
    let up = 0;
    backend.onMessage = (received) => {
      const { method, status } = received.message;
      if (status > 0) return;
      if (method === 'ACK') up += 1;
      if (method !== 'INVITE') return;
      callee.answer(received, 180);
      callee.answer(received, 200);
    };
    caller.onMessage = ({ message }) => {
      if (message.status !== 200) return;
      const routes = valuesOf(message, 'record-route').toReversed().map((value) => `Route: ${value}`);
      phone.send(phone.request('ACK', callee.uri, { callId: callIdOf(message), branch: newBranch(), toTag: 'callee', headers: routes })).catch(() => undefined);
    };
    const place = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i += burst) {
        for (let j = i; j < Math.min(i + burst, to); j++) await phone.send(phone.request('INVITE', 'sip:user@example.com', { callId: `memory-${j}` }));
        await until(`call ${i + burst}`, 10_000, () => up >= Math.min(i + burst, to));
      }
    };
    await place(0, warm);
    const before = edge.residentBytes();
    await place(warm, calls);
    return (edge.residentBytes() - before) / (calls - warm);
  } finally {
    await edge.stop();
    await caller.close();
    await backend.close();
  }
}
