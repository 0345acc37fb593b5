/** What all edits share: resolving tenants, checking merged bodies, and their options. */
import type { Static, TSchema } from 'typebox';
import { err, ok } from '../../dataplane/contract/result.ts';
import type { Result } from '../../dataplane/contract/result.ts';
import type { ProblemField } from '../contract/problem.ts';
import type { Draft } from './draft.ts';
import type { ConfigFault } from './fault.ts';
import { mergePatch } from './merge-patch.ts';
import { loadOwned } from './owned.ts';
import type { Precondition } from './precondition.ts';

export interface EditOptions extends Precondition {
  /** JSON pointer of the body within the request; '' = it is the body. */
  readonly at: string;
}

/** An edit's answer, built when all of the write is planned. */
export type Edited<T> = Promise<Result<() => T, ConfigFault>>;

/** Checks a value against a schema; empty = it fits. Given by the HTTP side, so that both check alike. */
export type BodyCheck = (schema: TSchema, value: unknown) => readonly ProblemField[];

/** The body with a merge patch laid over it, if that is still a valid body. */
export function patchBody<T extends TSchema>(check: BodyCheck, schema: T, body: unknown, patch: unknown, at: string): Result<Static<T>, ConfigFault> {
  const merged = mergePatch(body, patch);
  const errors = check(schema, merged);
  if (errors.length === 0) return ok(merged as Static<T>);
  return err({ code: 'invalid', errors: errors.map((error) => ({ ...error, pointer: at + error.pointer })) });
}

/** Stands in for an unknown tenant in a write that is refused anyway, so that its other fields are still checked. */
const standInTenant = 1;

/** A tenant's id by its key. Unknown → a fault at `pointer`. */
export async function tenantId(draft: Draft, key: string, pointer: string): Promise<number> {
  const known = await findTenant(draft, key);
  if (known === null) draft.fault(pointer, 'not-found', `there is no tenant ${key}`);
  return known ?? standInTenant;
}

/** The same for a reference that may be null (shared by all tenants). */
export async function tenantIdOrNull(draft: Draft, key: string | null | undefined, pointer: string): Promise<number | null> {
  return key === null || key === undefined ? null : tenantId(draft, key, pointer);
}

/** Known but removed by this very write: then it is not there. */
async function findTenant(draft: Draft, key: string): Promise<number | null> {
  await loadOwned(draft, 'tenant', [key]);
  for (const tenant of draft.inGroup('tenant', key)) return tenant.row.id;
  return null;
}

/** A tenant's key by its id, for showing. */
export async function tenantKey(draft: Draft, id: number): Promise<string> {
  return (await draft.find('tenant', String(id)))?.row.key ?? '';
}

export const notFound = (detail: string): Result<never, ConfigFault> => err({ code: 'not-found', detail });
