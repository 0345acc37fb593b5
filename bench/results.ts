/** Where figures are kept: one JSON line a run in bench/results, and the README's generated tables. */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { spawnSync } from 'node:child_process';
import { projectRoot } from '../test/harness/process.ts';

/** Short name of the commit that a folder has checked out, '' outside of git. */
export const commitOf = (folder: string): string => spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: folder, encoding: 'utf8' }).stdout?.trim() ?? '';

/** What a figure cannot be read without. */
export function circumstances(): { readonly at: string; readonly commit: string; readonly cpu: string; readonly cores: number; readonly node: string } {
  return { at: new Date().toISOString(), commit: commitOf(projectRoot), cpu: cpus()[0]?.model ?? '', cores: availableParallelism(), node: process.version };
}

/** Appends one run to bench/results/NAME.jsonl. */
export function keepResult(name: string, result: Readonly<Record<string, unknown>>): void {
  mkdirSync(`${projectRoot}bench/results`, { recursive: true });
  appendFileSync(`${projectRoot}bench/results/${name}.jsonl`, `${JSON.stringify({ ...circumstances(), ...result })}\n`);
}

/** A Markdown table; every column but the first is right-aligned. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Replaces the text between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` of the README. */
export function writeReadmeRegion(name: string, text: string): void {
  const file = `${projectRoot}README.md`;
  const readme = readFileSync(file, 'utf8');
  const open = `<!-- bench:${name} -->`;
  const close = `<!-- /bench:${name} -->`;
  const start = readme.indexOf(open);
  const end = readme.indexOf(close);
  if (start < 0 || end < start) throw new Error(`README.md has no region ${open} ... ${close}`);
  writeFileSync(file, `${readme.slice(0, start + open.length)}\n${text}\n${readme.slice(end)}`);
}
