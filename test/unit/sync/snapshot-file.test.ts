import { describe, expect, it } from 'vitest';
import { Replica } from '../../../dataplane/sync/replica.ts';
import { snapshotParts } from '../../../dataplane/sync/snapshot-file.ts';
import { SnapshotReader } from '../../../dataplane/sync/snapshot-reader.ts';
import type { LoadedSnapshot } from '../../../dataplane/sync/snapshot-reader.ts';
import type { Result } from '../../../dataplane/contract/result.ts';
import { applied, domainRow, routeSetRow, tenantRow } from './batch.ts';

const text = (replica: Replica): string => [...snapshotParts(replica)].join('');

function read(file: string): Result<LoadedSnapshot, string> {
  const reader = new SnapshotReader(file.length);
  reader.take(Buffer.from(file));
  return reader.finish();
}

const start = applied(Replica.empty, 'snapshot', [tenantRow(1), routeSetRow(1), ...Array.from({ length: 1_200 }, (_, i) => domainRow(`d${i}.example`))]).replica;
const held = applied(start, 'delta', [['domain', 'd1.example', 'unreadable'], domainRow('d2.example', 9), domainRow('new.example', 9), ['domain', 'bad.example', '[]']]).replica;

describe('config.snap', () => {
  it('gives back the replica: rows, hashes, quarantine and good versions', () => {
    const loaded = read(text(held));
    if (!loaded.ok) throw new Error(loaded.error);
    const { replica, ops } = loaded.value;
    expect(replica.position).toEqual(held.position);
    expect([...replica.quarantine.keys()].sort()).toEqual([...held.quarantine.keys()].sort());
    for (const [id, one] of held.quarantine) expect(replica.quarantine.get(id)).toMatchObject({ good: one.good, dangling: one.dangling });
    expect(ops).toHaveLength(1_202);
    for (const op of ops) expect(op.row).not.toBeNull();
    expect(ops.find((op) => op.key === 'd2.example')).toMatchObject({ row: { routeSet: 1 } });
  });

  it('of no rows is a file too', () => {
    expect(read(text(Replica.empty))).toMatchObject({ ok: true, value: { ops: [] } });
  });

  it.each<[string, (file: string) => string, string]>([
    ['nothing', () => '', 'is empty'],
    ['another header', (file) => file.replace('signalbox-config', 'other'), 'is no configuration file'],
    ['another format', (file) => file.replace('"format":1', '"format":3'), 'has format 3, this version reads 1 and 2'],
    ['a header without hashes', (file) => file.replace('"hashes"', '"gnashes"'), 'has a damaged header'],
    ['no footer', (file) => file.slice(0, file.lastIndexOf('{"sha256"')), 'is cut short'],
    ['a damaged footer', (file) => file.replace('{"sha256"', '{"sha255"'), 'has a damaged footer'],
    ['a line less', (file) => file.replace(/\["tenant".*\n/, ''), 'does not match its checksum'],
    ['a changed row', (file) => file.replace('"name":"d5.example"', '"name":"d6.example"'), 'does not match its checksum'],
    ['a line that is no row', (file) => file.replace('["tenant"', '["tenants"'), 'has a damaged line'],
    ['a good version behind the rows', (file) => file.replace('["domain","d7', '=["domain","d7'), 'has a damaged line'],
    ['something behind the footer', (file) => `${file}more\n`, 'goes on behind its footer'],
  ])('with %s is not believed', (_what, damage, fault) => {
    const damaged = damage(text(held));
    expect(damaged).not.toBe(text(held));
    const loaded = read(damaged);
    expect(loaded.ok ? 'believed' : loaded.error).toContain(fault);
  });

  it('is not believed when its rows are not those of its table hashes, checksum or not', () => {
    const other = new Replica(held.epoch, held.rev, start.hashes, held.tables, held.quarantine);
    const loaded = read(text(other));
    expect(loaded.ok ? 'believed' : loaded.error).toContain('does not match itself');
  });

  it('comes in parts, so that writing it never blocks for long', () => {
    const parts = [...snapshotParts(held)];
    expect(parts.length).toBeGreaterThan(3);
    for (const part of parts) expect(part.length).toBeLessThan(200_000);
  });
});
