/**
 * Preloaded into every thread of a data plane under test (`--import`): a timer of 1 ms notes how long the event loop was
 * held, by the clock and by the thread's own CPU time (which other processes cannot stretch), and writes the longest of
 * each quarter of a second to a file of the thread.
 */
import { appendFileSync } from 'node:fs';
import { threadId } from 'node:worker_threads';

const folder = process.env['SIGNALBOX_STALL_FOLDER'];
const tickMs = 1;
const reportMs = 250;

if (folder !== undefined) {
  const file = `${folder}/thread-${threadId}.jsonl`;
  const cpuMs = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  };
  let wall = performance.now();
  let cpu = cpuMs();
  let reported = wall;
  let longestWall = 0;
  let longestCpu = 0;
  setInterval(() => {
    const nowCpu = cpuMs();
    const now = performance.now();
    longestWall = Math.max(longestWall, now - wall - tickMs);
    longestCpu = Math.max(longestCpu, nowCpu - cpu);
    if (now - reported >= reportMs) {
      appendFileSync(file, `${JSON.stringify({ at: Date.now(), wall: longestWall, cpu: longestCpu })}\n`);
      reported = now;
      longestWall = 0;
      longestCpu = 0;
    }
    wall = performance.now();
    cpu = cpuMs();
  }, tickMs).unref();
}
