/** One supervised process: started, its log lines passed on, restarted with back-off when it dies, stopped for good on request. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const firstDelayMs = 500;
const longestDelayMs = 30_000;
/** A process that lived this long starts again without delay growth. */
const settledMs = 60_000;
/** Exit code for wrong settings: starting again cannot help. */
const settingsFault = 2;

/**
 * @param {{name: string, command: string, args: string[], env: () => Record<string, string | undefined>,
 *          onLine: (line: string) => void, say: (text: string) => void, onFatal: (exitCode: number) => void}} options
 */
export function superviseChild({ name, command, args, env, onLine, say, onFatal }) {
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
      say(`${name} ended (${signal ?? `exit code ${code}`}); it starts again in ${delayMs / 1000} s`);
      timer = setTimeout(start, delayMs);
      delayMs = Math.min(delayMs * 2, longestDelayMs);
    });
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
