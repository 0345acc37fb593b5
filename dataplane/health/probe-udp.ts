/** OPTIONS over UDP from a connected socket of its own: only then does the kernel report ICMP unreachable. */
import { createSocket } from 'node:dgram';
import { buildOptions, readReply } from './options-request.ts';
import { faultText, keptPacketChars, outcomeOf } from './probe.ts';
import type { ProbeJob, ProbeResult } from './probe.ts';

/** Timers T1 and T2 of a non-INVITE client transaction (RFC 3261 17.1.2.2): a lost datagram is not a lost peer. */
const firstRetransmitMs = 500;
const lastRetransmitMs = 4_000;

/** Sends the probe and waits for its final reply, an ICMP error or the time-out. */
export function probeUdp(job: ProbeJob, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = createSocket(job.family === 4 ? 'udp4' : 'udp6');
    let sent = '';
    let sentAt = 0;
    let deadline: NodeJS.Timeout | undefined;
    let repeat: NodeJS.Timeout | undefined;
    let done = false;
    const finish = (outcome: ProbeResult['outcome'], code: number, detail: string, packet: string): void => {
      if (done) return;
      done = true;
      clearTimeout(deadline);
      clearTimeout(repeat);
      signal.removeEventListener('abort', abort);
      socket.close();
      const latencyMs = outcome === 'reply' ? performance.now() - sentAt : -1;
      resolve({ outcome, code, detail, latencyMs, address: job.address, lastPacket: packet.slice(0, keptPacketChars) });
    };
    const abort = (): void => finish('timeout', 0, 'given up', sent);
    signal.addEventListener('abort', abort);
    socket.on('error', (error) => finish(outcomeOf(error), 0, faultText(error), sent));
    socket.on('message', (data) => {
      const text = data.toString('latin1');
      const code = readReply(text, job.token);
      if (code > 0) finish('reply', code, `answered ${code}`, text);
    });
    const send = (waitMs: number): void => {
      if (done) return;
      socket.send(Buffer.from(sent, 'latin1'), (error) => {
        if (error !== null) finish(outcomeOf(error), 0, faultText(error), sent);
      });
      repeat = setTimeout(() => send(Math.min(waitMs * 2, lastRetransmitMs)), waitMs);
    };
    socket.on('connect', () => {
      if (done) return;
      const local = socket.address();
      sent = buildOptions({
        ...job, viaHost: job.source?.host ?? local.address, viaPort: local.port,
        contactHost: job.source?.host ?? local.address, contactPort: job.source?.port ?? local.port,
      });
      sentAt = performance.now();
      send(firstRetransmitMs);
      // Where this thread was held up the answer may have come and wait to be read: that is done first.
      deadline = setTimeout(() => setImmediate(() => finish('timeout', 0, `no answer within ${job.timeoutMs} ms`, sent)), job.timeoutMs);
    });
    if (signal.aborted) return abort();
    const connect = (): void => {
      if (!done) socket.connect(job.port, job.address);
    };
    if (job.source?.bind === undefined) connect();
    else socket.bind({ port: 0, address: job.source.bind }, connect);
  });
}
