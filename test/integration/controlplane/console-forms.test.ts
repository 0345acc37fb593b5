/** The console's forms against the real API: opening something and saving it changes what was edited and nothing else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alias, DispatcherSet, NumberItem, RouteSet, Setting, Tenant, Trunk } from '../../../controlplane/contract/index.ts';
import { aliasBody, aliasValues } from '../../../web/src/pages/aliases/alias-form.ts';
import { setBody, setValues } from '../../../web/src/pages/dispatcher/set-form.ts';
import { numberBody, numberValues } from '../../../web/src/pages/numbers/number-form.ts';
import { routeSetBody, routeSetValues } from '../../../web/src/pages/route-sets/route-set-form.ts';
import { settingBody, settingValues } from '../../../web/src/pages/settings/setting-form.ts';
import { tenantBody, tenantValues } from '../../../web/src/pages/tenants/tenant-form.ts';
import { trunkBody, trunkValues } from '../../../web/src/pages/trunks/trunk-form.ts';
import { startControlPlane, startDeadlineMs, testDatabase } from './server.ts';
import type { TestControlPlane, TestDatabase } from './server.ts';

let database: TestDatabase;
let plane: TestControlPlane;
beforeAll(async () => {
  database = await testDatabase();
  plane = await startControlPlane(database);
  const { api } = plane;
  await api.put('/tenants/acme', {
    name: 'Acme', limits: { calls: 3, cps: 2, registrations: 1 }, externalId: 'x-1', comment: 'kept',
    policies: { media: 'direct', topologyHiding: true, digest: false, redirects: 'recurse', hideCallId: true, latching: 'strict' },
  });
  await api.put('/dispatcher-sets/10', {
    name: 'pbx', tenant: 'acme', algorithm: 7, affinity: 'source', affinityAll: true, hashOn: 'header:X-Account', slowStartMs: 60_000, registration: 'contact', externalId: 'x-2',
    probing: { mode: 'failing', intervalMs: 7_000, timeoutMs: 700, downAfter: 4, upAfter: 3, codes: [200, 404], from: 'sip:p@acme.example', useUnknown: true },
    destinations: [{ uri: 'sip:192.0.2.1', rank: 2, weight: 7, admin: 'draining', attrs: { duid: 'one', maxload: '5', other: 'word' }, externalId: 'x-3', comment: 'first' }],
  });
  await api.put('/dispatcher-sets/11', { tenant: 'acme' });
  await api.ask('PUT', '/rate-tables/7', 'prefix,set,price\n49,10,0.01\n', { 'content-type': 'text/csv' });
  await api.put('/route-sets/1', {
    name: 'acme', tenant: 'acme', family: 'match', externalId: 'x-4', comment: 'kept', failover: { frMs: 700, frInviteMs: 9_000, on: ['transport', 486], maxAttempts: 5 },
    rules: [
      {
        match: { type: 'prefix', value: '+49' }, methods: ['INVITE'], sets: [{ set: 10, price: 0.5 }, { set: 11, price: 0.0123 }], strip: 1, prepend: '00',
        windows: [{ timezone: 'Europe/Berlin', days: [1, 2, 3], from: '08:00', to: '18:30' }], rates: 7, enumSuffix: 'e164.arpa', comment: 'by day',
      },
      { match: { type: 'any' }, sets: [11] },
    ],
  });
  await api.put('/trunks/carrier', { name: 'Carrier', tenant: 'acme', routeSet: 1, sources: ['192.0.2.0/24'], strip: 2, prepend: '+49', externalId: 'x-5' });
  await api.put('/numbers/+4930*', { tenant: 'acme', routeSet: 1, enabled: false, externalId: 'x-6' });
  await api.put('/aliases/sales@acme.example', { target: '*@acme.example', tenant: 'acme', externalId: 'x-7' });
  await api.put('/settings/global', {
    unknownDomain: 404, requireToMatch: true, scanners: ['scan'], methods: 'iana', tls: { clientCertificates: 'request', minVersion: 'TLSv1.3', verifyDestinations: false },
    registration: { perSecond: 9, spreadPercent: 5 }, keepAlive: { method: 'options', intervalMs: 9_000 },
    media: { rtpengines: [{ address: 'media-1.example:2223' }, { address: '[2001:db8::9]:2223', weight: 0, enabled: false }], idleMs: 20_000, exhausted: 'direct', latching: 'loose' },
  });
}, startDeadlineMs);
afterAll(async () => {
  await plane.close();
  await database.dispose();
});

interface Case<T> {
  readonly path: string;
  /** What the form sends after it was opened and saved untouched. */
  readonly untouched: (entity: T) => unknown;
  /** The same with one field edited, and what that makes of the entity. */
  readonly edited: (entity: T) => unknown;
  readonly expected: (entity: T) => unknown;
}

const comment = 'edited in the console';

async function keepsTheRest<T extends { readonly version: number }>({ path, untouched, edited, expected }: Case<T>): Promise<void> {
  const { api } = plane;
  const before = await api.get<T>(path);
  const same = await api.ask('PATCH', path, untouched(before), { 'if-match': `"${before.version}"` });
  expect({ status: same.status, body: same.body }).toMatchObject({ status: 200, body: { version: before.version } });
  expect(await api.get<T>(path)).toEqual(before);
  const saved = await api.ask('PATCH', path, edited(before), { 'if-match': `"${before.version}"` });
  expect({ status: saved.status, body: saved.body }).toMatchObject({ status: 200 });
  const after = await api.get<T & { readonly updatedAtMs: number }>(path);
  expect(after).toEqual({ ...(expected(before) as T), version: before.version + 1, updatedAtMs: after.updatedAtMs });
}

describe('a form of the console', () => {
  it('keeps policies and external id of a tenant', () => keepsTheRest<Tenant>({
    path: '/tenants/acme',
    untouched: (tenant) => tenantBody(tenantValues(tenant)),
    edited: (tenant) => tenantBody({ ...tenantValues(tenant), comment }),
    expected: (tenant) => ({ ...tenant, comment }),
  }));

  it('keeps what spreads calls in a dispatcher set, and attributes and external ids of its destinations', () => keepsTheRest<DispatcherSet>({
    path: '/dispatcher-sets/10',
    untouched: (set) => setBody(setValues(set, undefined), set),
    edited: (set) => setBody({ ...setValues(set, undefined), comment }, set),
    expected: (set) => ({ ...set, comment }),
  }));

  it('keeps windows, prices, rate table and ENUM suffix of the rules of a route set', () => keepsTheRest<RouteSet>({
    path: '/route-sets/1',
    untouched: (set) => routeSetBody(routeSetValues(set, undefined), set),
    edited: (set) => routeSetBody({ ...routeSetValues(set, undefined), comment }, set),
    expected: (set) => ({ ...set, comment }),
  }));

  it('keeps what a trunk does to the dialled number', () => keepsTheRest<Trunk>({
    path: '/trunks/carrier',
    untouched: (trunk) => trunkBody(trunkValues(trunk, undefined)),
    edited: (trunk) => trunkBody({ ...trunkValues(trunk, undefined), comment }),
    expected: (trunk) => ({ ...trunk, comment }),
  }));

  it('keeps the external id of numbers and aliases', async () => {
    await keepsTheRest<NumberItem>({
      path: '/numbers/+4930*',
      untouched: (number) => numberBody(numberValues(number, undefined)),
      edited: (number) => numberBody({ ...numberValues(number, undefined), comment }),
      expected: (number) => ({ ...number, comment }),
    });
    await keepsTheRest<Alias>({
      path: '/aliases/sales@acme.example',
      untouched: (alias) => aliasBody(aliasValues(alias, undefined)),
      edited: (alias) => aliasBody({ ...aliasValues(alias, undefined), comment }),
      expected: (alias) => ({ ...alias, comment }),
    });
  });

  it('keeps every setting that was not edited', () => keepsTheRest<Setting>({
    path: '/settings/global',
    untouched: (setting) => settingBody(settingValues(setting)),
    edited: (setting) => settingBody({ ...settingValues(setting), methods: 'strict' }),
    expected: (setting) => ({ ...setting, methods: 'strict' }),
  }));
});
