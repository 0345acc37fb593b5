/** Tables that a suite shows at its end, however it went: `npm test` collects them, a single run prints them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function publishTable(name: string, text: string): void {
  const folder = process.env['SIGNALBOX_TEST_TABLES'];
  if (folder === undefined) process.stdout.write(`\n${name}\n${text}\n`);
  else writeFileSync(join(folder, `${name}.txt`), `${text}\n`);
}
