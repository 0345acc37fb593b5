import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { projectRoot } from '../harness/process.ts';
import { readSources, withoutComments } from './import-graph.ts';

const tracked = spawnSync('git', ['ls-files'], { cwd: projectRoot, encoding: 'utf8' }).stdout.trim().split('\n');
const sources = readSources(['dataplane', 'controlplane', 'web', 'test', 'bench', 'deploy', 'prisma']).filter(({ path }) => !path.endsWith('.css'));
const lineCount = (text: string): number => text.split('\n').length - 1;

describe('the layout', () => {
  it('has the agreed top level and nothing else', () => {
    const agreed = /^(dataplane|controlplane|web|prisma|test|bench|docs|deploy|docker-compose\.yml|package(-lock)?\.json|README\.md|LICENSE|SECURITY\.md|tsconfig\.json|[a-z.]+\.config\.ts|\..+)$/;
    expect([...new Set(tracked.map((path) => path.split('/')[0] ?? ''))].filter((name) => !agreed.test(name))).toEqual([]);
  });

  it('keeps files under 350 lines', () => {
    expect(sources.filter(({ text }) => lineCount(text) > 350).map(({ path, text }) => `${path}: ${lineCount(text)}`)).toEqual([]);
  });

  it('has no drawer for everything', () => {
    const drawers = /^(utils?|helpers?|managers?|common|misc|shared)$/;
    expect(sources.filter(({ path }) => path.split('/').some((part) => drawers.test(basename(part).replace(/\.\w+$/, '')))).map(({ path }) => path)).toEqual([]);
  });

  it('has barrel files in contract folders only', () => {
    const barrels = sources.filter(({ path }) => /\/index\.tsx?$/.test(path) && !/\/contract\//.test(path));
    expect(barrels.map(({ path }) => path)).toEqual([]);
  });
});

describe('the sources', () => {
  // Written so that this file does not find itself.
  const unfinished = new RegExp(`\\b(${['TO', 'FIX', 'XX'].map((word, index) => word + ['DO', 'ME', 'X'][index]).join('|')})\\b`);
  const untyped = /(?<![\w'"`])as any\b|: any\b(?! )|<any>|@ts-(ignore|expect-error|nocheck)/;
  const emptyCatch = /\bcatch\s*(\([^)]*\))?\s*\{\s*\}/;
  const idle = /\b(it|test|describe)\.(only|skip|todo)\b/;

  it.each([
    ['unfinished work', unfinished, false],
    ['untyped values', untyped, true],
    ['empty catch blocks', emptyCatch, true],
    ['focused or skipped tests', idle, true],
  ])('hold no %s', (_, pattern, codeOnly) => {
    const found = sources.filter(({ path }) => path !== 'test/architecture/layout.test.ts').filter(({ text }) => pattern.test(codeOnly ? withoutComments(text) : text));
    expect(found.map(({ path }) => path)).toEqual([]);
  });

  it('recognise what they forbid', () => {
    expect('const a = b as any;').toMatch(untyped);
    expect('try { f(); } catch (error) { }').toMatch(emptyCatch);
    expect('it.only("x", f)').toMatch(idle);
  });
});

describe('the deployment files', () => {
  const compose = parse(readFileSync(`${projectRoot}docker-compose.yml`, 'utf8')) as { services: Record<string, { command?: unknown; environment?: Record<string, string>; network_mode?: string; depends_on?: unknown }> };

  it('compose postgres, two control planes and two data planes on the host network', () => {
    const names = Object.keys(compose.services);
    expect(names.filter((name) => name.startsWith('postgres'))).toHaveLength(1);
    expect(names.filter((name) => name.startsWith('control'))).toHaveLength(2);
    const planes = names.filter((name) => name.startsWith('edge'));
    expect(planes).toHaveLength(2);
    for (const name of planes) expect(compose.services[name]?.network_mode).toBe('host');
  });

  it('use variables that the planes read', () => {
    const settings = ['dataplane/settings.ts', 'controlplane/settings.ts'].map((file) => readFileSync(`${projectRoot}${file}`, 'utf8')).join('\n');
    const units = tracked.filter((path) => /^deploy\/systemd\/.*\.(service|env)$/.test(path)).map((path) => readFileSync(`${projectRoot}${path}`, 'utf8')).join('\n');
    const used = [...new Set([...Object.values(compose.services).flatMap((service) => Object.keys(service.environment ?? {})), ...(units.match(/\bSIGNALBOX_[A-Z_]+/g) ?? [])])];
    expect(used.filter((name) => /^(SIGNALBOX_|DATABASE_URL)/.test(name) && !settings.includes(`'${name}'`))).toEqual([]);
  });
});
