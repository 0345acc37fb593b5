import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { freePort } from '../../harness/ports.ts';
import { projectRoot, TestProcess } from '../../harness/process.ts';
import { readTour, type TourStep } from './tour.ts';

const steps = readTour(readFileSync(`${projectRoot}README.md`, 'utf8'));
const started: TestProcess[] = [];
/** Foreground steps share their shell functions, as they do in a reader's terminal. */
let definitions = '';
let ports: Readonly<Record<string, number>>;
let data: string;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'signalbox-tour-'));
  ports = { 8080: await freePort(), 5060: await freePort(), 5081: await freePort(), 5082: await freePort(), 9060: await freePort() };
});
afterAll(async () => {
  for (const process of started.reverse()) await process.stop(20_000);
  rmSync(data, { recursive: true, force: true });
});

/** The tour on ports of this test's own. */
const moved = (text: string): string => text.replace(/\b(8080|5081|5082)\b/g, (port) => String(ports[port]));

function launch(step: TourStep): TestProcess {
  const script = moved(step.script).replaceAll('demo -- call ', `demo -- call --via 127.0.0.1:${ports['5060']} `);
  // `exec` makes the shell the command itself, so that a signal reaches it.
  const text = step.background ? script.trim().replace(/(npm .*)$/, 'exec $1').replace(/^(\w+=\S+) exec/, 'export $1; exec') : `set -e\n${definitions}\n${script}`;
  const process_ = new TestProcess(step.script.split('\n')[0] ?? '', 'bash', ['-c', text], {
    env: {
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      SIGNALBOX_HTTP: `127.0.0.1:${ports['8080']}`, SIGNALBOX_NODE_HTTP: `127.0.0.1:${ports['9060']}`, SIGNALBOX_DATA: data,
      SIGNALBOX_LISTEN: `udp:127.0.0.1:${ports['5060']},tcp:127.0.0.1:${ports['5060']}`,
    },
  });
  started.push(process_);
  return process_;
}

async function expectLines(process: TestProcess, step: TourStep): Promise<void> {
  for (const pattern of step.expected) {
    const wanted = new RegExp(moved(pattern.source));
    await until(`"${step.script.trim()}" to say ${wanted.source}`, 60_000, () => {
      if (process.log.some((line) => wanted.test(line))) return true;
      throw new Error(process.tail());
    });
  }
}

describe('the README’s tour', () => {
  it('has its steps', () => {
    expect(steps.filter(({ background }) => background)).toHaveLength(3);
    expect(steps.filter(({ background }) => !background).length).toBeGreaterThanOrEqual(4);
    expect(steps.every(({ expected }) => expected.length > 0)).toBe(true);
  });

  it.each(steps.map((step, index) => [`${index + 1}: ${step.script.trim().split('\n')[0] ?? ''}`, step] as const))('step %s', async (_, step) => {
    const process = launch(step);
    if (!step.background) {
      const code = await process.exit(60_000);
      expect(code, process.tail()).toBe(0);
      definitions += moved(/^\w+\(\) \{[\s\S]*?\}\n/m.exec(step.script)?.[0] ?? '');
    }
    await expectLines(process, step);
  }, 120_000);
});
