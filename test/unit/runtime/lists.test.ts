/** The lists that the control plane asks a node for: over all workers, in pages, bounded whatever phones wrote. */
import { describe, expect, it } from 'vitest';
import { partyLength } from '../../../dataplane/calls/parties.ts';
import { CallTable, dialogKey } from '../../../dataplane/calls/table.ts';
import type { Binding } from '../../../dataplane/registrations/binding.ts';
import { RegistrationTable } from '../../../dataplane/registrations/table.ts';
import type { DirectionFigures, SessionFigures } from '../../../dataplane/media/figures.ts';
import { listCalls, type AskWorker, type ListedCall } from '../../../dataplane/runtime/call-list.ts';
import { runCommand, type CommandTargets } from '../../../dataplane/runtime/commands.ts';

const deaf = { added: () => undefined, removed: () => undefined };

/** Workers with so many calls each, `w0-1` and so on; all began at 1,000 of a clock that says 5,000. */
function workers(...calls: readonly number[]): AskWorker {
  const tables = calls.map((count, worker) => {
    const table = new CallTable(deaf);
    for (let n = 1; n <= count; n++) table.add({ dialog: dialogKey(`w${worker}-${n}`, 'x', 'y'), tenant: worker, destination: 7, startedMs: 1_000, decision: null, anchor: null, media: 'Aabcdefghij-', parties: ['caller', 'callee', 'dialled'].map((who) => who.padEnd(partyLength, '.')).join('\n') });
    return table;
  });
  return (worker, query) => {
    const table = tables[worker];
    return table === undefined ? null : Promise.resolve({ page: table.page(query), nowMs: 5_000 });
  };
}

const noFigures = (): Promise<ReadonlyMap<string, SessionFigures>> => Promise.resolve(new Map());

async function all(ask: AskWorker, limit: number): Promise<ListedCall[]> {
  const calls: ListedCall[] = [];
  for (let cursor = ''; ; ) {
    const page = await listCalls(ask, noFigures, { text: '', limit }, cursor, () => 100_000);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    calls.push(...page.items);
    if (page.cursor === '') return calls;
    ({ cursor } = page);
  }
}

describe('the calls of a node', () => {
  it.each([1, 2, 3, 5, 100])('come once each over all workers in pages of %i', async (limit) => {
    const ids = (await all(workers(3, 0, 4), limit)).map(({ callId }) => callId);
    expect(ids).toEqual(['w0-1', 'w0-2', 'w0-3', 'w2-1', 'w2-2', 'w2-3', 'w2-4']);
  });

  it('began at an instant of the wall clock', async () => {
    expect((await all(workers(1), 10))[0]).toEqual({
      callId: 'w0-1', caller: 'caller'.padEnd(partyLength, '.'), callee: 'callee'.padEnd(partyLength, '.'), dialled: 'dialled'.padEnd(partyLength, '.'), tenant: 0, destination: 7, startedMs: 96_000, decision: '', media: null,
    });
  });

  it('begin anew for a cursor that is none', async () => {
    expect((await listCalls(workers(1), noFigures, { text: '', limit: 5 }, 'x.y', () => 0)).items).toHaveLength(1);
  });
});

describe('an answer to a list command', () => {
  const direction: DirectionFigures = { packets: 123_456_789, bytes: 123_456_789_000, lost: 1_234_567, jitterMs: 123.456, mos: 4.123, strangers: 1_234_567, invalid: 1_234_567, idleMs: 1_234_567 };
  const figures: SessionFigures = { session: 'Aabcdefghij-', streams: Array.from({ length: 32 }, () => ({ kind: 'application'.repeat(500), engine: 'rtpengine', roundTripMs: 123.456, caller: direction, callee: direction })) };
  const binding: Binding = {
    aor: 'bob@acme.example', contact: `sip:bob@192.0.2.9;x=${'y'.repeat(5_000)}`, tenant: 1, destination: 0, listener: 0, transport: 'udp', family: 4, address: '192.0.2.9', port: 5060,
    behindNat: false, agent: '', registeredMs: 0, expiresMs: 60_000,
  };
  const table = new RegistrationTable(deaf);
  for (let n = 0; n < 300; n++) table.apply({ tenant: binding.tenant, aor: `u${n}`, all: false, removed: [], put: [{ ...binding, aor: `u${n}` }] });
  const targets = { registrations: table, calls: workers(300), media: (sessions: readonly string[]) => Promise.resolve(new Map(sessions.map((session) => [session, figures]))) } as unknown as CommandTargets;

  it.each([['registrations.list', 250], ['calls.list', 100]])('of %s is bounded in items and length whatever is asked for', async (name, most) => {
    const answer = await runCommand(targets, name, { limit: 1_000_000 }) as { readonly items: readonly unknown[]; readonly cursor: unknown };
    expect(answer.items).toHaveLength(most);
    expect(answer.cursor).toBeTruthy();
    expect(JSON.stringify(answer).length).toBeLessThan(256 * 1_024);
    expect((await runCommand(targets, name, { limit: 250, cursor: answer.cursor }) as typeof answer).items).toHaveLength(Math.min(most, 300 - most));
  });
});
