/** Who imports whom, read from the sources. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { projectRoot } from '../harness/process.ts';

export interface Import {
  /** A path from the root (`dataplane/sip/uri.ts`), a package (`ws`), or a built-in (`node:net`). */
  readonly target: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface SourceFile {
  /** Path from the root. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const leaveOut = new Set(['node_modules', 'dist', 'generated']);
const isSource = (name: string): boolean => /\.(ts|tsx|mjs|js|css)$/.test(name);

function walk(folder: string): string[] {
  return readdirSync(join(projectRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return leaveOut.has(entry.name) ? [] : walk(path);
    return isSource(entry.name) ? [path] : [];
  });
}

/** Static imports and re-exports, side-effect imports, dynamic imports, worker files by URL. */
const statements = /(?:^|[\n;])[ \t]*(?:import|export)\s+(type\s+)?([\w*\s{},$]+?)\s+from\s*['"]([^'"]+)['"]|(?:^|[\n;])[ \t]*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|new URL\(\s*['"](\.[^'"]+\.ts)['"]\s*,\s*import\.meta\.url\s*\)/g;

/** `{ type A, type B }` imports nothing at run time. */
function namesTypesOnly(clause: string): boolean {
  const inner = /^\{([^}]*)\}$/.exec(clause.trim())?.[1];
  return inner !== undefined && inner.split(',').filter((name) => name.trim() !== '').every((name) => /^\s*type\s/.test(name));
}

/** Blanks block comments and whole-line comments, keeping line numbers. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/^[ \t]*\/\/.*$/gm, '');
}

/** The imports of one file; relative ones are resolved against its path. */
export function importsOf(path: string, text: string): Import[] {
  const code = withoutComments(text);
  return [...code.matchAll(statements)].map((match) => {
    const specifier = match[3] ?? match[4] ?? match[5] ?? match[6] ?? '';
    const target = specifier.startsWith('.') ? relative('.', normalize(join(dirname(path), specifier))) : specifier;
    const start = match.index + (match[0].length - match[0].trimStart().length);
    return { target, typeOnly: match[1] !== undefined || namesTypesOnly(match[2] ?? ''), line: code.slice(0, start).split('\n').length };
  });
}

/** Every source file below `folders`. */
export function readSources(folders: readonly string[]): SourceFile[] {
  return folders.flatMap(walk).map((path) => {
    const text = readFileSync(join(projectRoot, path), 'utf8');
    return { path, text, imports: importsOf(path, text) };
  });
}

/** The first import cycle found as a list of paths, null when there is none. Type-only imports do not run and do not count. */
export function findCycle(files: readonly SourceFile[]): string[] | null {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const open: string[] = [];
  const visit = (path: string): string[] | null => {
    if (done.has(path)) return null;
    const at = open.indexOf(path);
    if (at >= 0) return [...open.slice(at), path];
    open.push(path);
    for (const { target, typeOnly } of byPath.get(path)?.imports ?? []) {
      const cycle = typeOnly || !byPath.has(target) ? null : visit(target);
      if (cycle) return cycle;
    }
    open.pop();
    done.add(path);
    return null;
  };
  for (const { path } of files) {
    const cycle = visit(path);
    if (cycle) return cycle;
  }
  return null;
}
