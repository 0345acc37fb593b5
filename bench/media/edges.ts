/** What relays the packets of the media bench: our userland relay, and rtpengine in userland mode. */
import { createSocket } from 'node:dgram';
import { within } from '../../test/harness/deadline.ts';
import { TestProcess } from '../../test/harness/process.ts';
import { Rtpengine } from '../../test/harness/rtpengine.ts';
import { calleePort, callerPort, loadHost } from './order.ts';

export interface RelayOrder {
  readonly calls: number;
  readonly firstPort: number;
  readonly firstOwnPort: number;
  readonly lastOwnPort: number;
  readonly sockets: 'system calls' | 'node:dgram';
}

export interface MediaEdge {
  readonly name: 'signalbox' | 'node:dgram' | 'rtpengine';
  readonly pid: number;
  /** Where the ends send to, as LoadOrder wants it. */
  readonly ports: readonly number[];
  stop(): Promise<void>;
}

export async function startSignalbox(order: RelayOrder): Promise<MediaEdge> {
  const process = TestProcess.node('relay', 'bench/media/relay-process.ts', [JSON.stringify(order)]);
  const [line] = await process.line(/^\{.*\}$/, 30_000);
  const { sockets, ports } = JSON.parse(line) as { sockets: string; ports: number[] };
  if (sockets !== order.sockets) throw new Error(`the relay serves its sockets by ${sockets}, not by ${order.sockets}`);
  return { name: sockets === 'node:dgram' ? 'node:dgram' : 'signalbox', pid: process.pid, ports, stop: async () => { await process.stop(); } };
}

const text = (value: string): string => `${Buffer.byteLength(value)}:${value}`;
/** Of flat dictionaries, which is all that is needed here (BEP 3). */
const bencode = (fields: Readonly<Record<string, string>>): string => `d${Object.entries(fields).map(([key, value]) => text(key) + text(value)).join('')}e`;

const sdp = (port: number): string => ['v=0', `o=- 1 1 IN IP4 ${loadHost}`, 's=-', `c=IN IP4 ${loadHost}`, 't=0 0', `m=audio ${port} RTP/AVP 8`, 'a=rtpmap:8 PCMA/8000', ''].join('\r\n');

export async function startRtpengine(order: RelayOrder): Promise<MediaEdge> {
  const engine = await Rtpengine.start({ interfaces: [loadHost], ports: { first: order.firstOwnPort, last: order.lastOwnPort } });
  const socket = createSocket('udp4');
  let serial = 0;
  /** @returns the port that the answer's SDP names */
  const ask = (fields: Readonly<Record<string, string>>): Promise<number> => {
    const cookie = `bench-${++serial}`;
    const answer = new Promise<number>((resolve, reject) => {
      socket.removeAllListeners('message');
      socket.on('message', (data) => {
        const reply = data.toString('latin1');
        if (!reply.startsWith(`${cookie} `)) return;
        const port = Number(/m=audio (\d+) /.exec(reply)?.[1]);
        if (port > 0) resolve(port);
        else reject(new Error(`rtpengine answers ${reply}`));
      });
    });
    socket.send(`${cookie} ${bencode(fields)}`, engine.port, engine.host);
    return within(5_000, `rtpengine: ${fields['command']}`, answer);
  };
  try {
    const ports: number[] = [];
    for (let call = 0; call < order.calls; call++) {
      const id = { 'call-id': `bench-${call}`, 'from-tag': 'a' };
      const forCallee = await ask({ ...id, command: 'offer', sdp: sdp(callerPort(order.firstPort, call)) });
      const forCaller = await ask({ ...id, command: 'answer', 'to-tag': 'b', sdp: sdp(calleePort(order.firstPort, call)) });
      ports.push(forCaller, forCallee);
    }
    return { name: 'rtpengine', pid: engine.process.pid, ports, stop: () => engine.stop() };
  } catch (error) {
    await engine.stop();
    throw error;
  } finally {
    socket.close();
  }
}
