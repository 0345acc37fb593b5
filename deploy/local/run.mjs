/** `node deploy/local/run.mjs FILE ARGS...`: prepares what is missing and runs FILE with the pinned Node. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { prepare } from './prepare.mjs';
import { inRoot, pinnedNode, Refusal, runScript } from './project.mjs';

await runScript(async () => {
  const [file, ...args] = process.argv.slice(2);
  if (file === undefined) throw new Refusal('Say which file to run: node deploy/local/run.mjs FILE [ARGS]', 2);
  prepare({ withConsole: file === 'controlplane/main.ts' });
  const child = spawn(pinnedNode(), [inRoot(file), ...args], { stdio: 'inherit' });
  // A terminal's Ctrl-C reaches the whole process group, so the child already has it.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
});
