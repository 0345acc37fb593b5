/**
 * `npm test [-- SUITE... ] [-- --full]`: prepares a fresh clone, runs every suite that this machine
 * can run, says what was left out and why, and ends with the line `N passed, N failed`.
 * `--full` gives the load scenarios their full length (60 s instead of a few). With CI=true a
 * missing system package is a failure.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { missingPackages, tryInstall } from './packages.mjs';
import { prepare } from './prepare.mjs';
import { inRoot, pinnedNode, Refusal, root, runScript } from './project.mjs';
import { failuresOf, readReport } from './report.mjs';
import { suites } from './suites.mjs';

const suiteDeadlineMs = 20 * 60_000;
const underCi = process.env.CI === 'true' || process.env.CI === '1';

/** Process groups that run now, for Ctrl-C. */
const groups = new Set();
let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopped = true;
    for (const pid of groups) process.kill(-pid, 'SIGTERM');
  });
}

/** Runs a script with the pinned Node in a process group of its own. Resolves to its exit code (-1: stopped at the deadline) and output. */
function runNode(args, env) {
  return new Promise((resolve, reject) => {
    const node = pinnedNode();
    const child = spawn(node, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { FORCE_COLOR: process.stdout.isTTY ? '1' : '0', ...process.env, ...env, PATH: `${dirname(node)}:${process.env.PATH}:/usr/sbin` },
      detached: true,
    });
    const { pid } = child;
    child.once('error', reject);
    if (pid === undefined) return;
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
    const timer = setTimeout(() => {
      output.push(Buffer.from(`signalbox: no end after ${suiteDeadlineMs / 60_000} minutes, stopped\n`));
      process.kill(-pid, 'SIGKILL');
    }, suiteDeadlineMs);
    groups.add(pid);
    child.once('exit', (code) => {
      clearTimeout(timer);
      groups.delete(pid);
      // What a killed grandchild left in the pipes is still to come.
      setImmediate(() => resolve({ code: code ?? -1, output: Buffer.concat(output).toString('utf8') }));
    });
  });
}

/** Runs one suite. @returns {Promise<{passed: number, failed: number, skipped: string[], output: string, tables: string}>} */
async function runSuite(suite, reports, env, workers) {
  if (suite.command) {
    const { code, output } = await runNode(suite.command, env);
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [], output, tables: '' };
  }
  const report = join(reports, `${suite.name}.json`);
  const args = [inRoot('node_modules/vitest/vitest.mjs'), 'run', ...suite.folders.map((folder) => `${folder}/`), '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  args.push(suite.serial ? '--no-file-parallelism' : `--maxWorkers=${workers}`);
  const tables = join(reports, `${suite.name}.tables`);
  mkdirSync(tables);
  const { code, output } = await runNode(args, { ...env, ...suite.env, SIGNALBOX_TEST_TABLES: tables });
  return { ...readReport(report, code), output, tables: tablesIn(tables) };
}

/** What a suite has to show however it went, each under its name. */
const tablesIn = (folder) => readdirSync(folder).sort().map((name) => `\n-- ${name.replace(/\.txt$/, '')}\n${readFileSync(join(folder, name), 'utf8')}`).join('');

await runScript(async () => {
  const args = process.argv.slice(2);
  const full = args.includes('--full');
  const wanted = args.filter((arg) => arg !== '--full');
  for (const name of wanted) {
    if (!suites.some((suite) => suite.name === name)) throw new Refusal(`There is no suite "${name}"; there are ${suites.map((s) => s.name).join(', ')}.`, 2);
  }
  const chosen = wanted.length === 0 ? suites : suites.filter((suite) => wanted.includes(suite.name));
  prepare({ withConsole: true });
  tryInstall(missingPackages([...new Set(chosen.flatMap((suite) => suite.packages ?? []))]));

  const reports = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
  const env = full ? { SIGNALBOX_TEST_FULL: '1' } : {};
  const lines = [];
  const leftOut = [];
  const failures = [];
  let passed = 0;
  let failed = 0;

  const runLane = async (lane, workers) => {
    for (const suite of lane) {
      if (stopped) return;
      const missing = missingPackages(suite.packages ?? []);
      if (suite.root && (process.platform !== 'linux' || process.getuid() !== 0)) {
        leftOut.push(`${suite.name}: needs Linux and root, for network namespaces`);
        if (underCi) failed += 1;
        continue;
      }
      if (missing.length > 0) {
        leftOut.push(`${suite.name}: needs the Debian package${missing.length > 1 ? 's' : ''} ${missing.join(', ')} (apt-get install ${missing.join(' ')})`);
        if (underCi) failed += 1;
        continue;
      }
      const startedAt = Date.now();
      const counts = await runSuite(suite, reports, env, workers);
      passed += counts.passed;
      failed += counts.failed;
      for (const name of counts.skipped) failures.push(`SKIPPED, which counts as failed: ${suite.name}: ${name}`);
      if (counts.failed > counts.skipped.length) failures.push(`FAILED: ${suite.name}\n${failuresOf(counts.output)}`);
      const line = `${suite.name.padEnd(24)} ${String(counts.passed).padStart(5)} passed ${String(counts.failed).padStart(4)} failed ${((Date.now() - startedAt) / 1000).toFixed(1).padStart(7)} s`;
      lines.push(line);
      process.stdout.write(`\n== ${line}\n${counts.failed > 0 || process.stdout.isTTY || underCi ? counts.output : ''}${counts.tables}`);
    }
  };
  const processes = chosen.filter((suite) => suite.lane === 'processes');
  const others = chosen.filter((suite) => suite.lane !== 'processes');
  try {
    // Load tests keep a core to themselves where there are two.
    const bothLanes = processes.length > 0 && others.length > 0;
    const workers = Math.max(1, availableParallelism() - (bothLanes ? 1 : 0));
    await Promise.all([runLane(others, workers), runLane(processes, workers)]);
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
  if (stopped) throw new Refusal('stopped before the end', 130);
  // Once more at the end: a log that is cut off in the middle still says what failed.
  for (const failure of failures) process.stdout.write(`\n${failure}\n`);
  process.stdout.write(`\n${lines.join('\n')}\n`);
  for (const line of leftOut) process.stdout.write(`left out: ${line}${underCi ? ' [a failure, because CI is set]' : ''}\n`);
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
});
