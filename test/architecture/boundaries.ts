/** The boundaries of the two planes and the console as data: which file may import what. */
import type { Import, SourceFile } from './import-graph.ts';

/** No I/O and no clock in these: the part of the product that is tested without a network. */
const pureFolders = ['dataplane/sip/', 'dataplane/transaction/', 'dataplane/proxy/', 'dataplane/routing/', 'dataplane/contract/', 'dataplane/registrations/', 'dataplane/hiding/', 'controlplane/contract/'];
const pureFiles = [/^dataplane\/dns\/(draw|selection|substitution|enum)\.ts$/, /^dataplane\/health\/[\w-]*machine\.ts$/, /^dataplane\/sync\/[\w-]*reducer\.ts$/,
  /^dataplane\/media\/(sdp-edit|transports|described|session|session-record|session-streams|relay-sessions|passage|ports|latch|rtp|rtcp|codecs|quality|reports|figures|offload|relay|engine|door)\.ts$/,
  /^dataplane\/media\/kernel\/(marks|table|tally|changes|flow-book|element-reader|pass-watch)\.ts$/, /^dataplane\/media\/rtpengine\/(bencode|call-figures|forks|instance-choice|ng-messages)\.ts$/,
  /^dataplane\/media\/userland\/(channel|leg|stream|offloading)\.ts$/, /^dataplane\/runtime\/media-(addresses|report)\.ts$/, /^dataplane\/system\/socket-address\.ts$/];

const forbiddenInPure = new Set(['net', 'dgram', 'tls', 'fs', 'fs/promises', 'worker_threads', 'timers', 'timers/promises', 'child_process', 'http', 'https', 'dns', 'dns/promises', 'http2'].map((name) => `node:${name}`));
const impureCalls = [/\bDate\.now\b/, /\bMath\.random\b/, /\bnew Date\(\s*\)/, /\bperformance\.now\b/, /(?<![\w.])set(Timeout|Interval|Immediate)\(/];

/** The named small packages that the data plane may use. */
const dataPlanePackages = new Set(['ws', 'pino', 'pino-pretty']);

export const isPure = (path: string): boolean => pureFolders.some((folder) => path.startsWith(folder)) || pureFiles.some((file) => file.test(path));

const isLocal = (target: string): boolean => /^(dataplane|controlplane|web|prisma|test|bench|deploy)\//.test(target);
const isPrisma = (target: string): boolean => /^@prisma\/|^prisma(\/|$)|^pglite-prisma-adapter|^controlplane\/db\/generated\//.test(target);

/** "Explain", the copy of the configuration that it asks, and the live side's readers of that copy (its types only). */
const explains = (path: string, typeOnly: boolean): boolean =>
  /explain/.test(path) || path === 'controlplane/live/config-mirror.ts' || (typeOnly && path.startsWith('controlplane/live/'));

type Verdict = string | null;

function dataPlane(path: string, { target }: Import): Verdict {
  if (path.startsWith('dataplane/contract/') && isLocal(target) && !target.startsWith('dataplane/contract/')) return 'the contract is a leaf';
  if (target.startsWith('node:') || target.startsWith('dataplane/') || dataPlanePackages.has(target)) return null;
  return 'the data plane imports node:*, ws, pino and itself only';
}

function controlPlane(path: string, { target, typeOnly }: Import): Verdict {
  if (path.startsWith('controlplane/contract/') && isLocal(target) && !/^(controlplane|dataplane)\/contract\//.test(target)) return 'the contract is a leaf';
  if (target.startsWith('dataplane/') && !/^dataplane\/(contract|routing|sip)\//.test(target)) return 'of the data plane the control plane imports contract, routing and sip only';
  if (/^dataplane\/(routing|sip)\//.test(target) && !explains(path, typeOnly)) return 'routing and sip are for explain only';
  if (isPrisma(target) && !/^controlplane\/(db|config)\//.test(path)) return 'Prisma is for controlplane/db and controlplane/config only';
  if (/^(web|test|bench|deploy)\//.test(target)) return 'the control plane does not know the console, tests or scripts';
  return null;
}

function console_(_: string, { target, typeOnly }: Import): Verdict {
  if (!isLocal(target) || target.startsWith('web/')) return null;
  if (target.startsWith('controlplane/contract/')) return typeOnly ? null : 'the console imports the contract as types only';
  return 'of the servers the console imports controlplane/contract only';
}

/** The sentence that forbids this import, null when it is allowed. */
export function verdict(path: string, imported: Import): Verdict {
  if (isPure(path) && forbiddenInPure.has(imported.target)) return `a pure file does not import ${imported.target}`;
  if (path.startsWith('dataplane/')) return dataPlane(path, imported);
  if (path.startsWith('controlplane/')) return controlPlane(path, imported);
  if (path.startsWith('web/')) return console_(path, imported);
  return null;
}

/** Reads of clock and chance in a pure file. */
export function impurities(file: SourceFile, code: string): string[] {
  if (!isPure(file.path)) return [];
  return code.split('\n').flatMap((line, index) => {
    const found = impureCalls.find((pattern) => pattern.test(line));
    return found ? [`${file.path}:${index + 1}: ${line.trim()}`] : [];
  });
}
