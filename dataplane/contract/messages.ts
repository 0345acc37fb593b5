/** Guards for the channel's text frames: what passes has the shape that wire.ts states. Unknown fields are ignored (version skew). */
import { isTableName } from './decode.ts';
import { isObject } from './decode-reader.ts';
import { isHash, readTableHashes } from './hash.ts';
import { limits } from './limits.ts';
import { mediaEngines, mediaReportBounds as media } from './media.ts';
import type { Result } from './result.ts';
import { err, ok } from './result.ts';
import { tableNames } from './rows.ts';
import type { NodeMessage, ServerMessage } from './wire.ts';

type Check = (value: unknown) => boolean;

/** Parses a node's frame; the error says which field is wrong, or that the kind is unknown (code `unknown`: ignore and count). */
export function parseNodeMessage(frame: string): Result<NodeMessage, FrameFault> {
  return parse(frame, nodeShapes);
}

/** Parses a server's frame, as above. */
export function parseServerMessage(frame: string): Result<ServerMessage, FrameFault> {
  return parse(frame, serverShapes);
}

export interface FrameFault {
  readonly code: 'unknown' | 'malformed';
  readonly message: string;
}

/** The checks guarantee the shape, so one assertion here stands for all of them. */
function parse<M extends { readonly t: string }>(frame: string, shapes: Readonly<Record<string, Readonly<Record<string, Check>>>>): Result<M, FrameFault> {
  if (frame.length > limits.frameBytes) return malformed('frame too long');
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return malformed('not JSON');
  }
  if (!isObject(value) || typeof value['t'] !== 'string') return malformed('no message');
  const kind = value['t'];
  const shape = Object.hasOwn(shapes, kind) ? shapes[kind] : undefined;
  if (shape === undefined) return err({ code: 'unknown', message: `unknown message ${kind.slice(0, 32)}` });
  for (const [name, check] of Object.entries(shape)) {
    if (!check(value[name])) return malformed(`${kind}: bad ${name}`);
  }
  return ok(value as unknown as M);
}

const malformed = (message: string): Result<never, FrameFault> => err({ code: 'malformed', message });

const count: Check = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const text = (max: number): Check => (value) => typeof value === 'string' && value.length <= max;
const anything: Check = () => true;
const flag: Check = (value) => typeof value === 'boolean';
const hash: Check = (value) => typeof value === 'string' && isHash(value);
const hashes: Check = (value) => readTableHashes(value) !== null;
const list = (max: number, item: Check): Check => (value) => Array.isArray(value) && value.length <= max && value.every((entry: unknown) => item(entry));
const object = (shape: Readonly<Record<string, Check>>): Check => (value) => isObject(value) && Object.entries(shape).every(([name, check]) => check(value[name]));
const oneOf = (...accepted: readonly string[]): Check => (value) => typeof value === 'string' && accepted.includes(value);
const optional = (item: Check): Check => (value) => value === undefined || value === null || item(value);
const record = (max: number, item: Check): Check => (value) => isObject(value) && Object.keys(value).length <= max && Object.values(value).every(item);

const epoch = text(64);
const position = object({ epoch, rev: count, hashes });
const quarantined = list(1_000, object({ table: isTableName, key: text(256), reason: text(1_024) }));
const shrink = list(tableNames.length, object({ table: isTableName, had: count, removed: count }));
const allowance: Check = (value) => isObject(value) && Object.entries(value).every(([table, rows]) => isTableName(table) && count(rows));
const wireRow: Check = (value) => Array.isArray(value) && value.length === 3 && isTableName(value[0]) && typeof value[1] === 'string' && (value[2] === null || typeof value[2] === 'string');
const destination = object({
  id: count, state: oneOf('unknown', 'probing', 'up', 'down'), sinceMs: number, lastProbeMs: number, calls: count,
  reason: (value) => isObject(value) && typeof value['kind'] === 'string',
  latencyMs: object({ last: number, avg: number, max: number }),
});
const mediaReport = object({
  engine: oneOf(...mediaEngines), sentence: text(media.sentence), sessions: count, portsUsed: count, portsFree: count, portsResting: optional(count), portsUnproven: optional(count), kernelStreams: count,
  rtpengines: list(media.rtpengines, object({ address: text(media.address), state: oneOf('up', 'down', 'unknown'), sessions: count, reason: text(media.reason) })),
});
const event = object({ atMs: number, kind: text(64), subject: text(256), text: text(1_024), detail: (value: unknown) => isObject(value) });

const nodeShapes: Readonly<Record<NodeMessage['t'], Readonly<Record<string, Check>>>> = {
  hello: { boot: text(64), have: position, schema: count, version: text(64), capabilities: list(64, text(64)), quarantined },
  applied: { batch: count, epoch, rev: count, tookMs: number, quarantined, quarantinedTotal: count },
  reject: { batch: count, rev: count, code: oneOf('gap', 'epoch', 'hash', 'decode', 'size', 'shrink-guard', 'schema', 'commit'), detail: text(1_024), have: position, shrink },
  resync: { reason: oneOf('lag', 'hash', 'epoch', 'ahead', 'silence'), have: position },
  credit: { batch: count, upTo: count },
  hb: { n: count, epoch, rev: count, hash },
  report: { report: object({ counters: record(1_000, number), gauges: record(1_000, number), destinations: list(100_000, destination), media: optional(mediaReport) }) },
  events: { first: count, events: list(1_000, event) },
  result: { id: text(64), ok: flag, data: anything, error: text(4_096) },
};

const serverShapes: Readonly<Record<ServerMessage['t'], Readonly<Record<string, Check>>>> = {
  identity: { node: object({ id: text(64), name: text(limits.nameLength) }), token: (value) => value === null || text(256)(value) },
  keys: { keys: list(16, object({ id: count, key: (value: unknown) => typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value) })) },
  welcome: { mode: oneOf('resume', 'snapshot', 'wait'), epoch, head: count, heartbeatMs: count, deadMs: count },
  delta: { batch: count, epoch, from: count, to: count, rows: list(100_000, wireRow), hashes, allowShrink: allowance },
  begin: { kind: oneOf('snapshot', 'delta'), batch: count, epoch, from: number, to: count, hashes, allowShrink: allowance },
  end: { batch: count, chunks: count, rows: count },
  'hb.ack': { n: count, epoch, head: count, hash },
  'events.ack': { upTo: count },
  cmd: { id: text(64), name: text(64), args: anything, ttlMs: count },
  bye: { code: text(64), retryAfterMs: count },
};
