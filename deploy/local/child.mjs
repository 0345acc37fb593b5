/** One supervised process: started, its log lines passed on, restarted with back-off when it dies, stopped for good on request. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const firstDelayMs = 500;
const longestDelayMs = 30_000;
/** A process that lived this long starts again without delay growth. */
const settledMs = 60_000;
/** How often a successor is looked at, and how often in a row it must be missed: while it is replaced itself it may be silent once. */
const lookMs = 1_000;
const missedLooks = 3;
/** Exit code for wrong settings: starting again cannot help. */
const settingsFault = 2;

/**
 * @param {{name: string, command: string, args: string[], env: () => Record<string, string | undefined>,
 *          onLine: (line: string) => void, say: (text: string) => void, onFatal: (exitCode: number) => void,
 *          isReplaced?: () => Promise<boolean>}} options `isReplaced`: whether a process that took over from this one is at work
 */
export function superviseChild({ name, command, args, env, onLine, say, onFatal, isReplaced = () => Promise.resolve(false) }) {
  let process_ = null;
  let timer = null;
  let stopping = false;
  let delayMs = firstDelayMs;

  function start() {
    timer = null;
    const startedAt = Date.now();
    // A process group of its own: Ctrl-C reaches this supervisor only, which stops its children in order.
    const child = spawn(command, args, { env: env(), stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    process_ = child;
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
    child.once('error', (error) => say(`${name} could not be started: ${error.message}`));
    child.once('close', (code, signal) => {
      process_ = null;
      if (stopping) return;
      if (code === settingsFault) return onFatal(settingsFault);
      if (Date.now() - startedAt > settledMs) delayMs = firstDelayMs;
      if (code === 0) startUnlessReplaced().catch(() => startLater('exit code 0'));
      else startLater(signal ?? `exit code ${code}`);
    });
  }

  function startLater(why) {
    say(`${name} ended (${why}); it starts again in ${delayMs / 1000} s`);
    timer = setTimeout(start, delayMs);
    delayMs = Math.min(delayMs * 2, longestDelayMs);
  }

  /** After an upgrade with --takeover another process does the work: a second one would be refused, and that refusal would stop everything. */
  async function startUnlessReplaced() {
    if (!(await isReplaced())) {
      if (!stopping) startLater('exit code 0');
      return;
    }
    if (stopping) return;
    say(`${name} was replaced by another process (--takeover), which is not stopped from here; it starts again when that one has ended`);
    for (let missed = 0; missed < missedLooks && !stopping;) {
      await new Promise((resolve) => {
        timer = setTimeout(resolve, lookMs);
      });
      missed = (await isReplaced()) ? 0 : missed + 1;
    }
    if (!stopping) start();
  }
  start();

  return {
    /** SIGTERM without waiting. */
    kill() {
      process_?.kill('SIGTERM');
    },
    /** SIGTERM, and SIGKILL when the process has not ended after `graceMs`. Resolves when it is gone. */
    stop(graceMs) {
      stopping = true;
      if (timer) clearTimeout(timer);
      const child = process_;
      if (!child) return Promise.resolve();
      return new Promise((resolve) => {
        const hard = setTimeout(() => {
          say(`${name} did not stop within ${graceMs / 1000} s and was killed`);
          child.kill('SIGKILL');
        }, graceMs);
        child.once('close', () => {
          clearTimeout(hard);
          resolve();
        });
        child.kill('SIGTERM');
      });
    },
  };
}
