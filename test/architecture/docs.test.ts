import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { counterHelp, gaugeHelp } from '../../dataplane/runtime/counters.ts';
import { projectRoot } from '../harness/process.ts';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const pages = ['README.md', 'SECURITY.md', ...readdirSync(join(projectRoot, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];

describe('the documentation', () => {
  it.each(pages)('%s links to files that exist', (page) => {
    const links = [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '').filter((link) => !/^https?:/.test(link));
    expect(links.filter((link) => !existsSync(join(projectRoot, dirname(page), link)))).toEqual([]);
  });

  it('names every setting of both planes, and no other, and npm start takes each as a flag', () => {
    const namesIn = (...files: string[]): Set<string> => new Set(files.flatMap((file) => read(file).match(/'(?:SIGNALBOX_[A-Z_]+|DATABASE_URL)'/g) ?? []).map((name) => name.slice(1, -1)));
    const inCode = namesIn('dataplane/settings.ts', 'controlplane/settings.ts');
    expect(namesIn('deploy/local/flags.mjs')).toEqual(inCode);
    const inTable = new Set([...read('docs/operating.md').matchAll(/^\| `(SIGNALBOX_[A-Z_]+|DATABASE_URL)`/gm)].map((match) => match[1]));
    expect(inTable).toEqual(inCode);
  });

  it('names every metric of a node and of the control plane', () => {
    const text = read('docs/metrics.md');
    const inCode = [
      ...Object.keys(counterHelp), ...Object.keys(gaugeHelp),
      ...[...read('dataplane/runtime/metrics.ts').matchAll(/family\('(\w+)'/g)].map((match) => match[1] ?? ''),
      ...[...read('controlplane/plugins/observability.ts').matchAll(/name: 'signalbox_(\w+)'/g)].map((match) => match[1] ?? ''),
    ];
    expect(inCode.length).toBeGreaterThan(30);
    expect(inCode.filter((name) => !text.includes(`\`signalbox_${name}\``))).toEqual([]);
  });
});
