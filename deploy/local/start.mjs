/**
 * `npm start`: control plane and one data plane on this machine. A child that dies is reported and
 * started again after 0.5 s, doubling up to 30 s; wrong settings (exit code 2) stop everything.
 * Ctrl-C stops the data plane first, so that it can still report, then the control plane.
 */
import { existsSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { superviseChild } from './child.mjs';
import { environmentOf } from './flags.mjs';
import { readableLine } from './log-lines.mjs';
import { prepare } from './prepare.mjs';
import { inRoot, pinnedNode, runScript } from './project.mjs';

const stopGraceMs = 15_000;
const readyDeadlineMs = 60_000;

const say = (text) => process.stdout.write(`signalbox: ${text}\n`);

/** Status of GET `url`, 0 when nobody answers. */
function statusOf(url) {
  return new Promise((done) => {
    const request = get(url, { timeout: 2_000, agent: false }, (response) => {
      response.resume();
      done(response.statusCode ?? 0);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => done(0));
  });
}

async function waitFor(ready, stopped) {
  const deadline = Date.now() + readyDeadlineMs;
  while (!stopped() && Date.now() < deadline) {
    if (await ready()) return true;
    await delay(50);
  }
  return false;
}

/** An address that a browser on this machine can open. */
function reachable(address) {
  return address.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:').replace(/^:/, '127.0.0.1:');
}

// A reader that went away (a closed terminal, `| head`) costs the log, not the service.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

await runScript(async () => {
  const startedAt = Date.now();
  const env = environmentOf(process.argv.slice(2), process.env);
  prepare({ withConsole: true });

  const http = reachable(env.SIGNALBOX_HTTP ?? '127.0.0.1:8080');
  const nodeHttp = reachable(env.SIGNALBOX_NODE_HTTP ?? '127.0.0.1:9060');
  const data = resolve(inRoot(), env.SIGNALBOX_DATA ?? 'data');
  const joinTokenFile = join(data, 'local-join-token');
  const shared = { ...env, SIGNALBOX_DATA: data };

  let stopped = false;
  let setupLink = '';
  const children = [];
  let finish;
  let fail;
  const finished = new Promise((done, failed) => {
    finish = done;
    fail = failed;
  });

  async function stopChildren() {
    for (const child of children.toReversed()) await child.stop(stopGraceMs);
  }
  function stopAll(exitCode) {
    if (stopped) return;
    stopped = true;
    stopChildren().then(
      () => finish(exitCode),
      (error) => fail(error),
    );
  }
  // The last resort when this process itself fails: no child outlives it.
  process.on('exit', () => {
    for (const child of children) child.kill();
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (!stopped) say('stopping ...');
      stopAll(0);
    });
  }

  const child = (name, file, environment, more = {}) =>
    superviseChild({
      ...more,
      name,
      command: pinnedNode(),
      args: [inRoot(file)],
      env: environment,
      say,
      onFatal: stopAll,
      onLine(line) {
        setupLink = /https?:\/\/\S+\/setup\?token=[\w-]+/.exec(line)?.[0] ?? setupLink;
        process.stdout.write(`${process.stdout.isTTY ? readableLine(name, line) : line}\n`);
      },
    });

  children.push(child('control', 'controlplane/main.ts', () => shared));
  const serving = await waitFor(async () => (await statusOf(`http://${http}/healthz`)) === 200 && existsSync(joinTokenFile), () => stopped);
  if (!serving && !stopped) say(`the control plane does not answer on http://${http} yet; the data plane starts from what it last knew`);

  if (!stopped) {
    children.push(
      child('node', 'dataplane/main.ts', () => ({
        ...shared,
        SIGNALBOX_CONTROL_URL: env.SIGNALBOX_CONTROL_URL ?? `ws://${http}/sync/v1`,
        SIGNALBOX_JOIN_TOKEN: env.SIGNALBOX_JOIN_TOKEN ?? (existsSync(joinTokenFile) ? readFileSync(joinTokenFile, 'utf8').trim() : undefined),
      }), { isReplaced: async () => (await statusOf(`http://${nodeHttp}/live`)) === 200 }),
    );
    const ready = await waitFor(async () => (await statusOf(`http://${nodeHttp}/ready`)) === 200, () => stopped);
    if (ready && serving) {
      const lines = [
        '',
        `Signalbox is running (ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s).`,
        `  Console     http://${http}`,
        ...(setupLink ? [`  First time  ${setupLink}`, '              (works once; it creates the owner account)'] : []),
        `  SIP         ${env.SIGNALBOX_LISTEN ?? 'udp:0.0.0.0:5060, tcp:0.0.0.0:5060'}`,
        `  Data        ${data}`,
        'Ctrl-C stops it.',
        '',
      ];
      process.stdout.write(`${lines.join('\n')}\n`);
    } else if (!stopped) say(`not ready after ${readyDeadlineMs / 1000} s; the log lines above say why, and it keeps trying`);
  }
  return finished;
});
