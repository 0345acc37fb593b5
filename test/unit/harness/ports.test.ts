import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { freePort, freePortPairs, freePortRange } from '../../harness/ports.ts';
import { projectRoot } from '../../harness/process.ts';

const run = promisify(execFile);

/** What another process is given. */
async function portsOfAnother(count: number): Promise<number[]> {
  const script = `const { freePort } = await import(process.argv[1]); const ports = []; while (ports.length < ${count}) ports.push(await freePort()); process.stdout.write(JSON.stringify(ports)); process.exit();`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script, `${projectRoot}test/harness/ports.ts`]);
  return JSON.parse(stdout) as number[];
}

it('a port is given out once, also by processes beside each other', async () => {
  const [first, ...others] = await Promise.all([freePort(), portsOfAnother(20), portsOfAnother(20)]);
  const [range, pairs] = await Promise.all([freePortRange(300), freePortPairs(100)]);
  const own = [first, ...Array.from({ length: 300 }, (_, index) => range + index), ...Array.from({ length: 200 }, (_, index) => pairs + index)];
  expect(new Set([own, ...others].flat()).size).toBe(own.length + 40);
  expect(pairs % 2).toBe(0);
});
