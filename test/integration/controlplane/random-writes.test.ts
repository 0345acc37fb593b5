/** Seeded random edits, several at once, refused ones among them: whatever happens, log, tables and head agree. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiAnswer } from '../../harness/api.ts';
import { expectConsistent } from './consistency.ts';
import { startControlPlane, startDeadlineMs, testDatabase } from './server.ts';
import type { TestControlPlane, TestDatabase } from './server.ts';

let database: TestDatabase;
let plane: TestControlPlane;
beforeAll(async () => {
  database = await testDatabase();
  plane = await startControlPlane(database);
}, startDeadlineMs);
afterAll(async () => {
  await plane.close();
  await database.dispose();
});

/** Numerical Recipes' linear congruential generator: the same edits for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed >>> 0;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

type Roll = (sides: number) => number;
interface Edit { readonly method: 'PUT' | 'PATCH' | 'DELETE'; readonly entity: string; readonly key: string; readonly body?: Record<string, unknown> }

const tenant = (roll: Roll): string => `t${roll(3)}`;

/** Many of these are refused: unknown references, other tenants' rows, things in use. */
function randomEdit(roll: Roll): Edit {
  const tenantOrShared = roll(2) === 0 ? null : tenant(roll);
  const edits: readonly (() => Edit)[] = [
    () => ({ method: 'PUT', entity: 'tenants', key: tenant(roll), body: { comment: `c${roll(3)}`, limits: { calls: roll(3) } } }),
    () => ({ method: 'PUT', entity: 'dispatcher-sets', key: String(roll(4)), body: { tenant: tenantOrShared, destinations: Array.from({ length: roll(4) }, () => ({ uri: `sip:192.0.2.${roll(5)}`, weight: roll(3) })) } }),
    () => ({ method: 'PUT', entity: 'route-sets', key: String(roll(4)), body: { tenant: tenantOrShared, rules: Array.from({ length: roll(4) }, () => ({ match: { type: 'prefix', value: String(roll(3)) }, sets: [roll(5)] })) } }),
    () => ({ method: 'PUT', entity: 'domains', key: `d${roll(6)}.example`, body: { tenant: tenant(roll), routeSet: roll(5), ...(roll(3) === 0 ? { externalId: `e${roll(2)}` } : {}) } }),
    () => ({ method: 'PUT', entity: 'trunks', key: `k${roll(3)}`, body: { tenant: tenant(roll), routeSet: roll(4), sources: [`192.0.2.${roll(4)}`] } }),
    () => ({ method: 'PUT', entity: 'numbers', key: `+49${roll(4)}${roll(2) === 0 ? '*' : ''}`, body: { tenant: tenant(roll), routeSet: roll(5) } }),
    () => ({ method: 'PUT', entity: 'aliases', key: `u${roll(3)}@d${roll(6)}.example`, body: { tenant: tenant(roll), target: `u${roll(3)}@d${roll(6)}.example` } }),
    () => ({ method: 'PUT', entity: 'route-sets', key: String(roll(4)), body: { tenant: tenantOrShared, rules: [{ match: { type: 'any' }, sets: [{ set: roll(4), price: roll(9) / 8 }], rates: roll(3) }] } }),
    () => ({ method: 'PATCH', entity: 'destinations', key: String(1 + roll(30)), body: { admin: ['enabled', 'draining', 'disabled'][roll(3)] } }),
    () => ({ method: 'PATCH', entity: 'domains', key: `d${roll(6)}.example`, body: { enabled: roll(2) === 0 } }),
    () => ({ method: 'PUT', entity: 'settings', key: 'global', body: { methods: roll(2) === 0 ? 'iana' : 'strict' } }),
    () => ({ method: 'DELETE', entity: ['tenants', 'dispatcher-sets', 'route-sets', 'domains', 'trunks', 'numbers'][roll(6)] ?? '', key: [tenant(roll), String(roll(4)), String(roll(4)), `d${roll(6)}.example`, `k${roll(3)}`, `+49${roll(4)}`][roll(6)] ?? '' }),
  ];
  return (edits[roll(edits.length)] ?? edits[0])?.() ?? { method: 'DELETE', entity: 'domains', key: 'never' };
}

/** Price lists, single rates and their ends; few enough for most of them to meet. */
function randomRates(roll: Roll): Promise<ApiAnswer> {
  const table = `/rate-tables/${1 + roll(2)}`;
  const list = Array.from({ length: 1 + roll(5) }, (_, line) => `${line}${roll(3)},${roll(4)},0.${roll(10)}`).join('\n');
  switch (roll(4)) {
    case 0: return plane.api.ask('DELETE', table);
    case 1: return plane.api.ask('PUT', `${table}/${roll(20)}/${roll(4)}`, { price: roll(100) / 8 });
    case 2: return plane.api.ask('DELETE', `${table}/${roll(20)}/${roll(4)}`);
    default: return plane.api.ask('PUT', `${table}${roll(5) === 0 ? '?dryRun=1' : ''}`, list, { 'content-type': 'text/csv' });
  }
}

async function act(roll: Roll): Promise<ApiAnswer> {
  const kind = roll(12);
  if (kind === 2 || kind === 3) return randomRates(roll);
  if (kind === 0) return plane.api.ask('POST', '/bulk', { operations: Array.from({ length: 1 + roll(6) }, () => randomEdit(roll)) });
  if (kind === 1) return plane.api.ask('POST', `/changes/${roll((await plane.runtime.changes.head()).rev + 1)}/rollback`);
  const { method, entity, key, body } = randomEdit(roll);
  return plane.api.ask(method, `/${entity}/${key}${roll(10) === 0 ? '?dryRun=1' : ''}`, body);
}

describe('random writes', () => {
  it.each([1, 2, 3])('of seed %i leave everything consistent', async (seed) => {
    const roll = dice(seed);
    const statuses = new Map<number, number>();
    for (let round = 0; round < 40; round += 1) {
      const answers = await Promise.all([act(roll), act(roll), act(roll)]);
      for (const { status, body } of answers) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        expect(status, JSON.stringify(body)).toBeLessThan(500);
      }
    }
    // Both ways must have been taken, or the edits were not worth much.
    expect(statuses.get(200) ?? 0).toBeGreaterThan(20);
    expect((statuses.get(400) ?? 0) + (statuses.get(409) ?? 0)).toBeGreaterThan(10);
    const now = await expectConsistent(plane.runtime.changes);
    expect(now.rev).toBeGreaterThan(20);
  }, 120_000);
});
