/**
 * The data plane's start-up settings: environment variables, or flags of the same name in kebab case
 * (`SIGNALBOX_NODE_HTTP` = `--node-http`), read once into one frozen value. A wrong value is one
 * sentence that names the variable, the value and what is accepted.
 */
import { isIP } from 'node:net';
import { availableParallelism, hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { splitList } from './comma-list.ts';
import { err, ok, type Result } from './contract/result.ts';
import { forbiddenForm, parseForbidden, standardForbidden, type ForbiddenSetting } from './forbidden-setting.ts';
import { parseListenList, unbracket, type ListenSetting } from './listen-setting.ts';
import { wantedEngines, parseRtpRange, rtpForm, type WantedEngine, type RtpRange } from './media-setting.ts';
import { originForm, parseOrigins } from './origin-setting.ts';

/** Which UDP ports workers send to backends from: one each that the node chooses, the public one, or one each from that range on. */
export type BackendPortSetting = 'own' | 'single' | { readonly first: number; readonly last: number };

export type SocketsSetting = 'auto' | 'node';

export interface Settings {
  readonly listen: readonly ListenSetting[];
  /** Lower-case host names that mean this node. */
  readonly names: readonly string[];
  /** DNS servers as `address[:port]`, IPv6 in brackets before a port; empty = the system's. */
  readonly dns: readonly string[];
  /** Where messages from the wire may not send the node to. */
  readonly forbiddenTargets: ForbiddenSetting;
  /** Origins of the pages that may open a WebSocket; empty = any. */
  readonly webOrigins: readonly string[];
  /** Who moves media, by which ports, in how many threads. */
  readonly media: WantedEngine;
  readonly rtp: RtpRange;
  readonly mediaThreads: number;
  /** How UDP is served: plain system calls where they work, or node:dgram in any case. */
  readonly sockets: SocketsSetting;
  readonly dataDir: string;
  readonly nodeHttp: { readonly host: string; readonly port: number };
  readonly controlUrls: readonly string[];
  readonly joinToken: string | null;
  readonly nodeToken: string | null;
  readonly nodeName: string;
  readonly workers: number;
  readonly backendPort: BackendPortSetting;
  /** How long a stop waits for requests that have no answer yet, in milliseconds. */
  readonly drainMs: number;
  /** Replace the data plane that serves the data folder, without losing its calls. */
  readonly takeover: boolean;
  readonly logLevel: string;
}

const names = [
  'SIGNALBOX_LISTEN', 'SIGNALBOX_NAMES', 'SIGNALBOX_DNS', 'SIGNALBOX_FORBIDDEN_TARGETS', 'SIGNALBOX_WS_ORIGINS', 'SIGNALBOX_RTP', 'SIGNALBOX_MEDIA', 'SIGNALBOX_MEDIA_THREADS', 'SIGNALBOX_SOCKETS', 'SIGNALBOX_DATA', 'SIGNALBOX_NODE_HTTP', 'SIGNALBOX_CONTROL_URL',
  'SIGNALBOX_JOIN_TOKEN', 'SIGNALBOX_NODE_TOKEN', 'SIGNALBOX_NODE_NAME', 'SIGNALBOX_WORKERS',
  'SIGNALBOX_BACKEND_PORT', 'SIGNALBOX_DRAIN_MS', 'SIGNALBOX_TAKEOVER', 'SIGNALBOX_LOG',
] as const;
type Name = (typeof names)[number];

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const maxWorkers = 32;
const maxMediaThreads = 32;
const maxDnsServers = 8;
const maxDrainMs = 600_000;

/** `--node-http` for `SIGNALBOX_NODE_HTTP`. */
const flagOf = (name: Name): string => name.slice('SIGNALBOX_'.length).toLowerCase().replaceAll('_', '-');

const refuse = (name: Name, value: string, accepted: string): Result<never, string> =>
  err(`${name}: "${value}" is not accepted; give ${accepted}.`);

/**
 * Reads the settings.
 * @param env environment, usually `process.env`; an empty variable counts as unset
 * @param argv flags, usually `process.argv.slice(2)`; a flag wins over its variable
 * @returns the settings, or one sentence for the operator
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>, argv: readonly string[]): Result<Settings, string> {
  const flags = readFlags(argv);
  if (!flags.ok) return flags;
  const get = (name: Name): string | undefined => flags.value.get(name) ?? (env[name] === '' ? undefined : env[name]);

  const listen = parseListenList(get('SIGNALBOX_LISTEN') ?? 'udp:0.0.0.0:5060,tcp:0.0.0.0:5060');
  if (!listen.ok) return refuse('SIGNALBOX_LISTEN', listen.error.value, listen.error.accepted);
  const nodeHttp = parseHostPort('SIGNALBOX_NODE_HTTP', get('SIGNALBOX_NODE_HTTP') ?? '127.0.0.1:9060');
  if (!nodeHttp.ok) return nodeHttp;

  const controlText = get('SIGNALBOX_CONTROL_URL') ?? 'ws://127.0.0.1:8080/sync/v1';
  const controlUrls = splitList(controlText);
  for (const url of controlUrls) {
    if (!URL.canParse(url) || !/^wss?:$/.test(new URL(url).protocol)) {
      return refuse('SIGNALBOX_CONTROL_URL', url, 'ws:// or wss:// addresses separated by commas, like ws://127.0.0.1:8080/sync/v1');
    }
  }
  const hostNames = splitList(get('SIGNALBOX_NAMES') ?? hostname()).map((name) => name.toLowerCase());
  for (const name of hostNames) {
    if (!/^[a-z0-9]([a-z0-9.-]{0,252})$/.test(name)) return refuse('SIGNALBOX_NAMES', name, 'host names separated by commas');
  }
  const dns = splitList(get('SIGNALBOX_DNS') ?? '');
  const wrongDns = dns.find((server) => !isDnsServer(server));
  if (wrongDns !== undefined || dns.length > maxDnsServers) {
    return refuse('SIGNALBOX_DNS', wrongDns ?? dns.join(','), `up to ${maxDnsServers} addresses with or without port, separated by commas, like 192.0.2.53,[2001:db8::53]:5353`);
  }
  const forbiddenText = get('SIGNALBOX_FORBIDDEN_TARGETS');
  const forbiddenTargets = forbiddenText === undefined ? ok(standardForbidden) : parseForbidden(forbiddenText);
  if (!forbiddenTargets.ok) return refuse('SIGNALBOX_FORBIDDEN_TARGETS', forbiddenTargets.error, forbiddenForm);
  const originsText = get('SIGNALBOX_WS_ORIGINS') ?? '*';
  const webOrigins = parseOrigins(originsText);
  if (!webOrigins.ok) return refuse('SIGNALBOX_WS_ORIGINS', webOrigins.error, originForm);
  const rtpText = get('SIGNALBOX_RTP') ?? '30000-39999';
  const rtp = parseRtpRange(rtpText);
  if (!rtp.ok) return refuse('SIGNALBOX_RTP', rtpText, rtpForm);
  const mediaText = get('SIGNALBOX_MEDIA') ?? 'auto';
  const media = wantedEngines.find((name) => name === mediaText);
  if (media === undefined) return refuse('SIGNALBOX_MEDIA', mediaText, `one of ${wantedEngines.join(', ')}`);
  const threadsText = get('SIGNALBOX_MEDIA_THREADS') ?? String(Math.max(1, Math.floor(availableParallelism() / 2)));
  const mediaThreads = Number(threadsText);
  if (!Number.isInteger(mediaThreads) || mediaThreads < 1 || mediaThreads > maxMediaThreads) {
    return refuse('SIGNALBOX_MEDIA_THREADS', threadsText, `a whole number from 1 to ${maxMediaThreads}`);
  }
  const sockets = get('SIGNALBOX_SOCKETS') ?? 'auto';
  if (sockets !== 'auto' && sockets !== 'node') return refuse('SIGNALBOX_SOCKETS', sockets, 'auto (system calls where they work, else node:dgram) or node (node:dgram)');
  const workersText = get('SIGNALBOX_WORKERS') ?? String(Math.max(1, availableParallelism() - 1));
  const workers = Number(workersText);
  if (!Number.isInteger(workers) || workers < 1 || workers > maxWorkers) {
    return refuse('SIGNALBOX_WORKERS', workersText, `a whole number from 1 to ${maxWorkers}`);
  }
  const backendPort = parseBackendPort(get('SIGNALBOX_BACKEND_PORT') ?? 'own', workers);
  if (!backendPort.ok) return backendPort;
  const drainText = get('SIGNALBOX_DRAIN_MS') ?? '5000';
  if (!/^\d{1,6}$/.test(drainText) || Number(drainText) > maxDrainMs) return refuse('SIGNALBOX_DRAIN_MS', drainText, `whole milliseconds from 0 to ${maxDrainMs}`);
  const takeoverText = get('SIGNALBOX_TAKEOVER') ?? '0';
  if (takeoverText !== '0' && takeoverText !== '1') return refuse('SIGNALBOX_TAKEOVER', takeoverText, '1 (replace the data plane that runs) or 0');
  const logLevel = get('SIGNALBOX_LOG') ?? 'info';
  if (!logLevels.includes(logLevel)) return refuse('SIGNALBOX_LOG', logLevel, `one of ${logLevels.join(', ')}`);
  const nodeName = get('SIGNALBOX_NODE_NAME') ?? hostname();
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(nodeName)) {
    return refuse('SIGNALBOX_NODE_NAME', nodeName, '1 to 64 letters, digits, dots, dashes or underscores');
  }
  return ok(Object.freeze({
    listen: listen.value,
    names: hostNames,
    dns,
    forbiddenTargets: forbiddenTargets.value,
    webOrigins: webOrigins.value,
    media,
    rtp: rtp.value,
    mediaThreads,
    sockets,
    dataDir: get('SIGNALBOX_DATA') ?? './data',
    nodeHttp: nodeHttp.value,
    controlUrls,
    joinToken: get('SIGNALBOX_JOIN_TOKEN') ?? null,
    nodeToken: get('SIGNALBOX_NODE_TOKEN') ?? null,
    nodeName,
    workers,
    backendPort: backendPort.value,
    drainMs: Number(drainText),
    takeover: takeoverText === '1',
    logLevel,
  }));
}

function readFlags(argv: readonly string[]): Result<ReadonlyMap<Name, string>, string> {
  const values = new Map<Name, string>();
  try {
    const options = Object.fromEntries(names.map((name) => [flagOf(name), { type: 'string' as const }]));
    // `--takeover` alone is enough.
    const args = argv.map((arg) => (arg === '--takeover' ? '--takeover=1' : arg));
    const parsed = parseArgs({ args, options, strict: true, allowPositionals: false });
    for (const name of names) {
      const value = parsed.values[flagOf(name)];
      if (value !== undefined) values.set(name, value);
    }
    return ok(values);
  } catch (error) {
    const accepted = names.map((name) => `--${flagOf(name)}`).join(', ');
    return err(`${error instanceof Error ? error.message : String(error)}. Accepted flags: ${accepted}.`);
  }
}

function isDnsServer(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const match = /^(\[[0-9a-fA-F:.]+\]|[0-9.]+)(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[2] ?? 53);
  return match !== null && isIP(unbracket(match[1] ?? '')) !== 0 && port >= 1 && port <= 65_535;
}

function parseBackendPort(text: string, workers: number): Result<BackendPortSetting, string> {
  if (text === 'own' || text === 'single') return ok(text);
  const [, first = 0, last = 0] = (/^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []).map(Number);
  if (first < 1 || last > 65_535 || last - first + 1 < workers) return refuse('SIGNALBOX_BACKEND_PORT', text, `own, single, or a range with a port for each of the ${workers} workers, like 40000-40031`);
  return ok({ first, last });
}

function parseHostPort(name: Name, text: string): Result<{ host: string; port: number }, string> {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) return refuse(name, text, 'address:port, like 127.0.0.1:9060 or [::1]:9060');
  return ok({ host: unbracket(match[1] ?? ''), port });
}
