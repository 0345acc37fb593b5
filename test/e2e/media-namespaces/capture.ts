/** What tcpdump saw on an interface of a namespace: the packets' own evidence, beside what the ends recorded. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { insideOf, type Namespace } from '../../harness/namespaces.ts';
import { TestProcess } from '../../harness/process.ts';

export interface Captured {
  readonly source: string;
  readonly sourcePort: number;
  readonly ssrc: number;
  readonly seq: number;
  readonly atMs: number;
}

const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
export const hasTcpdump = (): boolean => spawnSync('tcpdump', ['--version'], { env: { PATH: path } }).error === undefined;

const [fileHeader, recordHeader, ethernet, udpHeader] = [24, 16, 14, 8];

export class Capture {
  readonly #process: TestProcess;
  readonly #folder: string;

  private constructor(process: TestProcess, folder: string) {
    this.#process = process;
    this.#folder = folder;
  }

  /** Begins to keep what comes to an end's interface from the edge's media ports. */
  static async start(space: Namespace, ports: { readonly first: number; readonly last: number }): Promise<Capture> {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-capture-'));
    const [command, ...words] = [...insideOf(space.name), 'tcpdump', '-i', 'edge', '-U', '--immediate-mode', '-s', '128', '-Z', 'root', '-w', join(folder, 'packets'), '-Q', 'in', `udp src portrange ${ports.first}-${ports.last}`];
    const process = new TestProcess('tcpdump', command, words);
    await process.line(/listening on/, 30_000);
    return new Capture(process, folder);
  }

  /** Ends it. @returns RTP packets over IPv4, in order */
  async stop(): Promise<readonly Captured[]> {
    await this.#process.stop();
    try {
      return readCapture(readFileSync(join(this.#folder, 'packets')));
    } finally {
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }
}

/** Reads a pcap file of an Ethernet interface as tcpdump writes it on this machine. */
export function readCapture(data: Buffer): Captured[] {
  const packets: Captured[] = [];
  for (let at = fileHeader; at + recordHeader <= data.length;) {
    const length = data.readUInt32LE(at + 8);
    const atMs = data.readUInt32LE(at) * 1000 + data.readUInt32LE(at + 4) / 1000;
    const ip = at + recordHeader + ethernet;
    const udp = ip + (data.readUInt8(ip) & 0x0f) * 4;
    const rtp = udp + udpHeader;
    // RTCP of the same port pair is not RTP.
    if (data.readUInt8(ip) >> 4 === 4 && length >= rtp + 12 - at - recordHeader && (data.readUInt8(rtp + 1) & 0x7f) < 64) {
      packets.push({ source: [...data.subarray(ip + 12, ip + 16)].join('.'), sourcePort: data.readUInt16BE(udp), ssrc: data.readUInt32BE(rtp + 8), seq: data.readUInt16BE(rtp + 2), atMs });
    }
    at += recordHeader + length;
  }
  return packets;
}

/** Expects of each source on the wire that at least `packets` packets came and no sequence number between the first and the last is missing. */
export function expectUnbroken(captured: readonly Captured[], packets: number): void {
  const bySource = new Map<number, Captured[]>();
  for (const packet of captured) {
    const known = bySource.get(packet.ssrc);
    if (known === undefined) bySource.set(packet.ssrc, [packet]);
    else known.push(packet);
  }
  expect(bySource.size, 'sources on the wire').toBe(1);
  for (const [ssrc, list] of bySource) {
    expect(list.length, `packets of ssrc ${ssrc.toString(16)} on the wire`).toBeGreaterThanOrEqual(packets);
    const gaps = list.flatMap(({ seq }, index) => {
      const before = list[index - 1]?.seq;
      return before === undefined || ((before + 1) & 0xffff) === seq ? [] : [`${before} then ${seq}, packet ${index} of ${list.length}`];
    });
    expect(gaps, `gaps on the wire of ssrc ${ssrc.toString(16)}`).toEqual([]);
  }
}
