/**
 * The load of the TLS bench, a process of its own: `lanes` times at once it opens a connection, does the handshake, sends one
 * OPTIONS, reads the 200 and closes. Prints one JSON line (Handshakes) and ends.
 */
import { connect, createSecureContext, type TLSSocket } from 'node:tls';
import type { Handshakes, Order } from './order.ts';

const giveUpMs = 5_000;

const order = JSON.parse(process.argv[2] ?? '') as Order;
const end = performance.now() + order.seconds * 1_000;
// One key exchange and one cipher, so that both servers calculate the same. P-256 is named for the certificate: in TLS 1.2 its
// curve must be among those (RFC 8422 §5.1).
const secureContext = createSecureContext({
  minVersion: order.version, maxVersion: order.version, ecdhCurve: 'X25519:P-256',
  ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256',
});
let done = 0;
let resumed = 0;
let failed = 0;
let suite = '';
let serial = 0;

function options(socket: TLSSocket): string {
  const id = `${process.pid}-${++serial}`;
  return [
    `OPTIONS sip:${order.host}:${order.port};transport=tls SIP/2.0`, `Via: SIP/2.0/TLS ${order.host}:${socket.localPort};branch=z9hG4bK${id};rport`, 'Max-Forwards: 70',
    `From: <sip:bench@bench.example>;tag=${id}`, `To: <sip:${order.host}:${order.port}>`, `Call-ID: ${id}`, 'CSeq: 1 OPTIONS', 'Content-Length: 0', '', '',
  ].join('\r\n');
}

/** Name of the key exchange's group; '' when a ticket spared it. */
function exchangeOf(socket: TLSSocket): string {
  const info = socket.getEphemeralKeyInfo();
  return info !== null && 'name' in info ? String(info.name) : '';
}

/** One connection. @returns the newest ticket that the server gave, else the old one */
function once(session: Buffer | undefined): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    let ticket = session;
    let answered = false;
    let text = '';
    const socket = connect({ host: order.host, port: order.port, secureContext, rejectUnauthorized: false, ...(order.resume && session !== undefined ? { session } : {}) });
    socket.setNoDelay(true);
    socket.setTimeout(giveUpMs, () => socket.destroy());
    socket.on('session', (given: Buffer) => { ticket = given; });
    socket.once('secureConnect', () => {
      if (socket.isSessionReused()) resumed++;
      if (suite === '') suite = `${socket.getCipher().standardName} ${exchangeOf(socket)}`.trim();
      socket.write(options(socket));
    });
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (answered || !text.includes('\r\n\r\n')) return;
      answered = text.startsWith('SIP/2.0 200 ');
      socket.end();
    });
    // What went wrong shows by the missing answer.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      if (answered) done++;
      else failed++;
      resolve(ticket);
    });
  });
}

async function lane(): Promise<void> {
  let session: Buffer | undefined;
  while (performance.now() < end) session = await once(session);
}

const began = performance.now();
await Promise.all(Array.from({ length: order.lanes }, lane));
const seconds = (performance.now() - began) / 1_000;
const { user, system } = process.cpuUsage();
const result: Handshakes = { done, resumed, failed, seconds, suite, clientCpuSeconds: (user + system) / 1e6 };
process.stdout.write(`${JSON.stringify(result)}\n`);
