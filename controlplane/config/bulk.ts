/** Many edits as one write: planned in order, each on top of those before it. */
import { err, ok } from '../../dataplane/contract/result.ts';
import type { TSchema } from 'typebox';
import { AliasBody } from '../contract/aliases.ts';
import type { BulkOperation } from '../contract/bulk.ts';
import { DestinationPatch, DispatcherSetBody } from '../contract/dispatcher-sets.ts';
import { DomainBody } from '../contract/domains.ts';
import { mergePatchOf } from '../contract/merge-patch-schema.ts';
import { NumberBody } from '../contract/numbers.ts';
import { RouteSetBody } from '../contract/route-sets.ts';
import { SettingBody } from '../contract/settings.ts';
import { TenantBody } from '../contract/tenants.ts';
import { TrunkBody } from '../contract/trunks.ts';
import type { Draft } from './draft.ts';
import { notFound } from './edit.ts';
import type { BodyCheck, Edited, EditOptions } from './edit.ts';
import { canonicalAddress, patchAlias, putAlias, removeAlias } from './edit-alias.ts';
import { patchSetting, putSetting, removeSetting } from './edit-behaviour.ts';
import { patchDestination, patchDispatcherSet, putDispatcherSet, removeDispatcherSet } from './edit-dispatcher-set.ts';
import { patchDomain, putDomain, removeDomain } from './edit-domain.ts';
import { patchNumber, putNumber, removeNumber } from './edit-number.ts';
import { patchRouteSet, putRouteSet, removeRouteSet } from './edit-route-set.ts';
import { patchTenant, putTenant, removeTenant } from './edit-tenant.ts';
import { patchTrunk, putTrunk, removeTrunk } from './edit-trunk.ts';
import { noPrecondition } from './precondition.ts';
import { nothingLive } from './present.ts';

type Entity = BulkOperation['entity'];

const bodies: Readonly<Record<Exclude<Entity, 'destinations'>, TSchema>> = {
  tenants: TenantBody, domains: DomainBody, 'route-sets': RouteSetBody, 'dispatcher-sets': DispatcherSetBody, trunks: TrunkBody, settings: SettingBody,
  numbers: NumberBody, aliases: AliasBody,
};
const patches: Readonly<Record<Entity, TSchema>> = {
  tenants: mergePatchOf(TenantBody), domains: mergePatchOf(DomainBody), 'route-sets': mergePatchOf(RouteSetBody),
  'dispatcher-sets': mergePatchOf(DispatcherSetBody), trunks: mergePatchOf(TrunkBody), settings: mergePatchOf(SettingBody), destinations: DestinationPatch,
  numbers: mergePatchOf(NumberBody), aliases: mergePatchOf(AliasBody),
};
const numbered: ReadonlySet<Entity> = new Set(['route-sets', 'dispatcher-sets', 'destinations']);

/** `at` is the JSON pointer of the operations in the request. */
export async function planBulk(draft: Draft, operations: readonly BulkOperation[], check: BodyCheck, at: string): Edited<null> {
  await preload(draft, operations);
  for (const [index, operation] of operations.entries()) {
    const where = `${at}/${index}`;
    if (!wellFormed(draft, operation, check, where)) continue;
    const edited = await edit(draft, operation, check, { ...noPrecondition, at: `${where}/body` });
    if (!edited.ok) {
      if (edited.error.code === 'invalid') for (const error of edited.error.errors) draft.fault(error.pointer, error.code, error.message);
      else if (edited.error.code === 'not-found') draft.fault(`${where}/key`, 'not-found', edited.error.detail);
      else return edited;
    }
  }
  return draft.faults.length === 0 ? ok(() => null) : err({ code: 'invalid', errors: draft.faults });
}

/** One query a table instead of one an operation. */
async function preload(draft: Draft, operations: readonly BulkOperation[]): Promise<void> {
  const keys = (entity: Entity): string[] => operations.filter((operation) => operation.entity === entity).map((operation) => operation.key);
  const numbers = (entity: Entity): string[] => keys(entity).filter(isNumber);
  await draft.load('domain', keys('domains').map((name) => name.toLowerCase()));
  await draft.load('trunk', keys('trunks'));
  await draft.load('number', keys('numbers'));
  await draft.load('alias', keys('aliases').map(canonicalAddress));
  await draft.load('routeSet', numbers('route-sets'));
  await draft.load('dispatcherSet', numbers('dispatcher-sets'));
  await draft.load('destination', numbers('destinations'));
}

function wellFormed(draft: Draft, { entity, method, key, body }: BulkOperation, check: BodyCheck, where: string): boolean {
  const before = draft.faults.length;
  if (numbered.has(entity) && !isNumber(key)) draft.fault(`${where}/key`, 'type', 'must be a number');
  if (entity === 'settings' && key !== 'global') draft.fault(`${where}/key`, 'not-allowed', 'must be global');
  if (entity === 'destinations' && method !== 'PATCH') draft.fault(`${where}/method`, 'not-allowed', 'must be PATCH: destinations come and go with their set');
  if (method === 'DELETE') {
    if (body !== undefined) draft.fault(`${where}/body`, 'unknown-field', 'a DELETE has no body');
  } else {
    const schema = method === 'PUT' && entity !== 'destinations' ? bodies[entity] : patches[entity];
    for (const error of check(schema, body)) draft.fault(`${where}/body${error.pointer}`, error.code, error.message);
  }
  return draft.faults.length === before;
}

const isNumber = (key: string): boolean => /^\d{1,10}$/.test(key) && Number(key) <= 2_147_483_647;

async function edit(draft: Draft, { entity, method, key, body }: BulkOperation, check: BodyCheck, options: EditOptions): Edited<unknown> {
  // Bodies were checked against the entity's schema just before.
  switch (entity) {
    case 'tenants':
      if (method === 'PUT') return putTenant(draft, key, body as TenantBody, options);
      return method === 'PATCH' ? patchTenant(draft, key, body, check, options) : removeTenant(draft, key, options);
    case 'domains':
      if (method === 'PUT') return putDomain(draft, key, body as DomainBody, options);
      return method === 'PATCH' ? patchDomain(draft, key, body, check, options) : removeDomain(draft, key, options);
    case 'trunks':
      if (method === 'PUT') return putTrunk(draft, key, body as TrunkBody, options);
      return method === 'PATCH' ? patchTrunk(draft, key, body, check, options) : removeTrunk(draft, key, options);
    case 'numbers':
      if (method === 'PUT') return putNumber(draft, key, body as NumberBody, options);
      return method === 'PATCH' ? patchNumber(draft, key, body, check, options) : removeNumber(draft, key, options);
    case 'aliases':
      if (method === 'PUT') return putAlias(draft, key, body as AliasBody, options);
      return method === 'PATCH' ? patchAlias(draft, key, body, check, options) : removeAlias(draft, key, options);
    case 'route-sets':
      if (method === 'PUT') return putRouteSet(draft, Number(key), body as RouteSetBody, options);
      return method === 'PATCH' ? patchRouteSet(draft, Number(key), body, check, options) : removeRouteSet(draft, Number(key), options);
    case 'dispatcher-sets':
      if (method === 'PUT') return putDispatcherSet(draft, Number(key), body as DispatcherSetBody, nothingLive, options);
      return method === 'PATCH' ? patchDispatcherSet(draft, Number(key), body, nothingLive, check, options) : removeDispatcherSet(draft, Number(key), options);
    case 'destinations':
      return method === 'PATCH' ? patchDestination(draft, Number(key), body, nothingLive, check, options) : notFound('Destinations come and go with their set.');
    case 'settings':
      if (method === 'PUT') return putSetting(draft, body as SettingBody, options);
      return method === 'PATCH' ? patchSetting(draft, body, check, options) : removeSetting(draft, options);
  }
}
