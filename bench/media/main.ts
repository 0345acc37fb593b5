/**
 * `npm run bench -- media [--seconds 5] [--rounds 5] [--calls 200] [--rate 20000] [--readme]`: G.711 through the userland relay as a
 * media thread runs it, beside rtpengine in userland mode, in turn (A B A B), every packet checked at the far end; then how many
 * calls a media thread holds and sets up. CPU is the edge's process tree, user + system; delay is from the sender's hand to the
 * receiver's, both in one process.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { threadLimits } from '../../dataplane/runtime/media-threads.ts';
import { systemCalls } from '../../dataplane/system/calls.ts';
import { keepResult, writeReadmeRegion } from '../results.ts';
import type { Capacity } from './capacity.ts';
import { summariseUserland, userlandBench } from './userland.ts';

const capacityCalls = 10_000;

async function capacity(): Promise<Capacity> {
  const thread = new Worker(new URL('capacity.ts', import.meta.url), { workerData: capacityCalls, resourceLimits: threadLimits });
  const [result] = (await once(thread, 'message')) as [Capacity];
  return result;
}

/** Runs the bench. @returns the process's exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { seconds: { type: 'string', default: '5' }, rounds: { type: 'string', default: '5' }, calls: { type: 'string', default: '200' }, rate: { type: 'string', default: '20000' }, readme: { type: 'boolean', default: false } },
  });
  const [seconds, rounds, calls, rate] = [Number(values.seconds), Number(values.rounds), Number(values.calls), Number(values.rate)];
  if (![seconds, rounds].every((n) => Number.isInteger(n) && n >= 1 && n <= 600) || !Number.isInteger(calls) || calls < 1 || calls > 2_000 || !Number.isInteger(rate) || rate < 100 || rate > 200_000) {
    process.stderr.write('--seconds and --rounds take 1 to 600, --calls 1 to 2000, --rate 100 to 200000 packets a second.\n');
    return 2;
  }
  if (!existsSync('/usr/bin/rtpengine') || systemCalls() === null) {
    process.stderr.write('This bench needs Linux and rtpengine: apt-get install rtpengine-daemon\n');
    return 1;
  }
  const measured = await userlandBench({ calls, packetsPerSecond: rate, seconds, rounds }, (round) => {
    process.stdout.write(`${round.edge.padEnd(10)} ${round.packetsPerSecond}/s: ${round.cpuMicros.toFixed(1)} µs CPU a packet, ${round.lost} of ${round.sent} lost, ${round.damaged} damaged, delay ${round.delayP50Ms.toFixed(2)} ms p50, ${round.delayP99Ms.toFixed(2)} ms p99, sent up to ${round.lateP99Ms.toFixed(2)} ms late\n`);
  });
  const held = await capacity();
  const { table, ratios, verdict } = summariseUserland(measured, rate);
  keepResult('media', { part: 'userland', calls, seconds, ratios, rounds: measured, capacity: held });
  const text = [
    table, '', verdict,
    `A media thread sets up **${held.setUpsPerSecond.toFixed(0)}** calls a second (${held.cpuMicrosEach.toFixed(0)} µs CPU each: an offer and an answer edited, four sockets opened) and holds them with **${(held.bytesEach / 1_000).toFixed(1)} KB** resident each (${held.calls.toLocaleString('en')} calls open).`,
  ].join('\n');
  process.stdout.write(`\n${text}\n`);
  if (values.readme) writeReadmeRegion('media', text);
  return measured.some((round) => round.damaged > 0) ? 1 : 0;
}
