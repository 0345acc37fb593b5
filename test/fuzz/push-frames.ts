/** The push channel's parsers and machines under mutated frames, rows and files: nothing throws, and nothing is believed that does not add up. */
import { Session } from '../../controlplane/push/session.ts';
import { canonicalJson } from '../../dataplane/contract/canonical.ts';
import { decodeOp } from '../../dataplane/contract/decode.ts';
import { parseRowLine, rowLine } from '../../dataplane/contract/frames.ts';
import { applyChanges, emptyHashes } from '../../dataplane/contract/hash.ts';
import { parseNodeMessage, parseServerMessage } from '../../dataplane/contract/messages.ts';
import { defaultSetting, tableNames } from '../../dataplane/contract/rows.ts';
import type { NodeMessage, ServerMessage } from '../../dataplane/contract/wire.ts';
import { logHeader, logLine, readLog } from '../../dataplane/sync/log-file.ts';
import { NodeReducer } from '../../dataplane/sync/reducer.ts';
import { Replica } from '../../dataplane/sync/replica.ts';
import { snapshotParts } from '../../dataplane/sync/snapshot-file.ts';
import { SnapshotReader } from '../../dataplane/sync/snapshot-reader.ts';

const row = canonicalJson(defaultSetting);
const hashes = applyChanges(emptyHashes, [{ table: 'setting', key: 'global', before: null, after: row }]);
const have = { epoch: 'e', rev: 0, hashes: emptyHashes };
const base = new Replica('e', 0, emptyHashes, Replica.empty.tables, new Map());

const serverFrames: readonly ServerMessage[] = [
  { t: 'welcome', mode: 'resume', epoch: 'e', head: 1, heartbeatMs: 10_000, deadMs: 30_000 },
  { t: 'delta', batch: 1, epoch: 'e', from: 0, to: 1, rows: [['setting', 'global', row]], hashes, allowShrink: { domain: 1 } },
  { t: 'begin', kind: 'snapshot', batch: 1, epoch: 'e', from: -1, to: 1, hashes, allowShrink: {} },
  { t: 'end', batch: 1, chunks: 0, rows: 0 },
  { t: 'hb.ack', n: 1, epoch: 'e', head: 1, hash: '0'.repeat(32) },
];

const nodeFrames: readonly NodeMessage[] = [
  { t: 'hello', boot: 'b', have, schema: 1, version: '1', capabilities: [], quarantined: [] },
  { t: 'applied', batch: 1, epoch: 'e', rev: 1, tookMs: 1, quarantined: [], quarantinedTotal: 0 },
  { t: 'reject', batch: 1, rev: 1, code: 'hash', detail: '', have, shrink: [{ table: 'domain', had: 1, removed: 1 }] },
  { t: 'resync', reason: 'lag', have },
  { t: 'hb', n: 1, epoch: 'e', rev: 0, hash: '0'.repeat(32) },
];

/** A file as small as can be, and one with a row. */
const files = [[...snapshotParts(Replica.empty)].join(''), logHeader('e', 0) + logLine({ epoch: 'e', from: 0, to: 1, hashes, rows: [['setting', 'global', row]] })];

export const pushSeeds: readonly string[] = [...serverFrames.map((frame) => JSON.stringify(frame)), ...nodeFrames.map((frame) => JSON.stringify(frame)), ...files, rowLine('setting', 'global', row), row];

function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`broken: ${rule}`);
}

export function checkPush(text: string): void {
  const fromServer = parseServerMessage(text);
  if (fromServer.ok) checkNode(fromServer.value);
  const fromNode = parseNodeMessage(text);
  if (fromNode.ok) checkSession(fromNode.value);
  const line = parseRowLine(text);
  if (line !== null) must(rowLine(...line).endsWith(`,${line[2] ?? 'null'}]`), 'a row keeps its text');
  for (const table of tableNames) {
    const op = decodeOp(table, 'global', text);
    must(op.ok ? op.value.row !== null : op.error.every((fault) => fault.message !== ''), 'a row is read, or its faults are named');
  }
  const log = readLog(text);
  for (const record of log?.records ?? []) must(record.rows.every((entry) => entry.length === 3), 'a record that is believed is whole');
  const reader = new SnapshotReader(text.length);
  reader.take(Buffer.from(text));
  const snapshot = reader.finish();
  if (snapshot.ok) must([...snapshotParts(snapshot.value.replica)].join('').length > 0, 'a snapshot that is believed can be written');
}

/** Whatever arrives, the revision moves by a whole batch or not at all. */
function checkNode(message: ServerMessage): void {
  const node = new NodeReducer(base, { boot: 'b', version: '1', capabilities: [] });
  node.step({ type: 'opened' });
  node.step({ type: 'message', message: { t: 'welcome', mode: 'resume', epoch: 'e', head: 0, heartbeatMs: 1, deadMs: 1 } });
  let effects = node.step({ type: 'message', message });
  while (effects.some((effect) => effect.type === 'settle')) effects = node.step({ type: 'settle' });
  must(node.replica === base, 'nothing is applied before the workers have swapped');
  if (effects.some((effect) => effect.type === 'commit')) {
    node.step({ type: 'committed', tookMs: 0 });
    must(message.t === 'delta' && message.from === base.rev && message.epoch === 'e' && node.replica.rev === message.to, 'only a contiguous delta of the same history moves the revision');
  }
  node.step({ type: 'beat' });
}

function checkSession(message: NodeMessage): void {
  const session = new Session();
  for (const said of [message, nodeFrames[0], message]) if (said !== undefined) session.step({ type: 'message', message: said });
  session.step({ type: 'wake' });
  session.step({ type: 'beat' });
  must(session.phase !== 'streaming', 'nothing is sent before the history was looked at');
}
