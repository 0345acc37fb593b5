/** OPTIONS over a TCP or TLS connection of its own: shows that new connections are taken, which calls will need. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { nameMismatch } from '../transport/certificate-names.ts';
import { FRAME, StreamFramer } from '../sip/framing.ts';
import { buildOptions, readReply } from './options-request.ts';
import { faultText, keptPacketChars, outcomeOf } from './probe.ts';
import type { ProbeJob, ProbeResult } from './probe.ts';

/** Connects, sends the probe and waits for its final reply, an error or the time-out (which holds for all together). */
export function probeStream(job: ProbeJob, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const framer = new StreamFramer();
    const socket = dial(job);
    socket.setEncoding('latin1');
    let sent = '';
    let sentAt = 0;
    let done = false;
    const finish = (outcome: ProbeResult['outcome'], code: number, detail: string, packet: string): void => {
      if (done) return;
      done = true;
      clearTimeout(deadline);
      signal.removeEventListener('abort', abort);
      socket.destroy();
      const latencyMs = outcome === 'reply' ? performance.now() - sentAt : -1;
      resolve({ outcome, code, detail, latencyMs, address: job.address, lastPacket: packet.slice(0, keptPacketChars) });
    };
    const abort = (): void => finish('timeout', 0, 'given up', sent);
    // Where this thread was held up the answer may have come and wait to be read: that is done first.
    const deadline = setTimeout(
      () => setImmediate(() => finish('timeout', 0, `no ${sent === '' ? 'connection' : 'answer'} within ${job.timeoutMs} ms`, sent)), job.timeoutMs,
    );
    signal.addEventListener('abort', abort);
    socket.on('error', (error) => finish(outcomeOf(error), 0, faultText(error), sent));
    socket.on('close', () => finish('icmp', 0, 'closed the connection without an answer', sent));
    socket.on(job.tls === null ? 'connect' : 'secureConnect', () => {
      const host = job.source?.host ?? socket.localAddress ?? job.address;
      const port = socket.localPort ?? 0;
      sent = buildOptions({ ...job, viaHost: host, viaPort: port, contactHost: host, contactPort: job.source?.port ?? port });
      sentAt = performance.now();
      socket.write(sent, 'latin1');
    });
    socket.on('data', (chunk: string) => {
      framer.push(chunk);
      for (let found = framer.next(); found !== FRAME.more && !done; found = framer.next()) {
        if (found === FRAME.fault) return finish('icmp', 0, 'answered with something that is not SIP', chunk);
        const code = found === FRAME.message ? readReply(framer.text, job.token) : 0;
        if (code > 0) finish('reply', code, `answered ${code}`, framer.text);
      }
    });
    if (signal.aborted) abort();
  });
}

/** Plain, or TLS with the same checks that calls make. */
function dial({ address, port, source, tls, serverName }: ProbeJob): Socket {
  const where = { host: address, port, ...(source?.bind === undefined ? {} : { localAddress: source.bind }) };
  if (tls === null) return connect({ ...where, noDelay: true });
  const socket = connectTls({
    ...where, secureContext: tls.context, rejectUnauthorized: tls.verify,
    checkServerIdentity: (_, certificate) => nameMismatch(serverName === '' ? address : serverName, certificate),
    ...(serverName === '' ? {} : { servername: serverName }),
  });
  return socket.setNoDelay(true);
}
