import { describe, expect, it } from 'vitest';
import { ConfigMirror } from '../../../controlplane/live/config-mirror.ts';
import type { WireOp } from '../../../controlplane/push/ports.ts';
import type { WireRow } from '../../../dataplane/contract/wire.ts';
import { MemorySource } from '../../integration/push/memory-source.ts';
import { domainRow, routeSetRow, tenantRow } from '../sync/batch.ts';

const op = ([table, key, json]: WireRow): WireOp => ({ table, key, json });
const domains = (from: number, to: number): WireOp[] => Array.from({ length: to - from }, (_, i) => op(domainRow(`d${from + i}.example`)));

function mirrorOf(source: MemorySource): { mirror: ConfigMirror; logs: string[] } {
  const logs: string[] = [];
  return { mirror: new ConfigMirror({ changes: source, log: (_level, text) => logs.push(text), moved: () => undefined }), logs };
}

describe('the mirror of the configuration', () => {
  it('packs the big tables of a snapshot', async () => {
    const source = new MemorySource('e');
    source.write([op(tenantRow(1)), op(routeSetRow(1)), ...domains(0, 6_000), { table: 'domain', key: 'odd.example', json: '{"name":"odd.example", "tenant":1,"routeSet":1,"enabled":true,"did":""}' }]);
    source.prune();
    const { mirror, logs } = mirrorOf(source);
    await mirror.start();
    const { rows } = mirror.view.tables.domains;
    expect([rows.base.size, rows.overlay.size, mirror.view.counts.domain]).toEqual([6_001, 0, 6_001]);
    expect([mirror.view.domain('d5999.example')?.name, mirror.view.domain('odd.example')?.name, mirror.view.domain('x.example')]).toEqual(['d5999.example', 'odd.example', null]);
    expect(logs).toEqual([]);
    await mirror.close();
  });

  it('packs again what many revisions have brought, and forgets what they took away', async () => {
    const source = new MemorySource('e');
    source.write([op(tenantRow(1)), op(routeSetRow(1))]);
    const { mirror } = mirrorOf(source);
    await mirror.start();
    for (let i = 0; i < 9; i++) source.write(domains(i * 1_000, (i + 1) * 1_000));
    source.write([{ table: 'domain', key: 'd3.example', json: null }]);
    await mirror.settled();
    const { rows } = mirror.view.tables.domains;
    expect(rows.overlay.size).toBeLessThanOrEqual(4_000);
    expect([rows.size, mirror.view.rev, mirror.view.domain('d3.example'), mirror.view.domain('d8999.example')?.tenant]).toEqual([8_999, 11, null, 1]);
    await mirror.close();
  });
});
