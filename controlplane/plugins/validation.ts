/**
 * Checks requests against their schemas. Bodies are taken as they are (a wrong type or an unknown field is
 * an error); query strings and path parameters, which are text, become numbers where the schema says so.
 */
import { Ajv } from 'ajv';
import type { ErrorObject, ValidateFunction } from 'ajv';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import type { ProblemField } from '../contract/problem.ts';

/** A request that does not fit its schema. */
export class RequestInvalid extends Error {
  override readonly name = 'RequestInvalid';
  readonly errors: readonly ProblemField[];

  constructor(errors: readonly ProblemField[]) {
    super('the request does not fit its schema');
    this.errors = errors;
  }
}

const strictness = { allErrors: true, useDefaults: true, removeAdditional: false, strict: false, verbose: true } as const;
const bodyAjv = new Ajv({ ...strictness, coerceTypes: false });
const textAjv = new Ajv({ ...strictness, coerceTypes: true });
const maxErrors = 100;
/** Errors that are looked at: sorting out branches of unions takes time that grows with their square. */
const maxRaw = 1_000;

/** For `app.setValidatorCompiler`. */
export const validatorCompiler: FastifySchemaCompiler<unknown> = ({ schema, httpPart }) => {
  const check = (httpPart === 'body' ? bodyAjv : textAjv).compile(schema as object);
  const where = httpPart === 'querystring' ? '?' : httpPart === 'params' ? ':' : httpPart === 'headers' ? '#' : '/';
  return (value: unknown) => {
    if (check(value)) return { value };
    return { error: new RequestInvalid(fieldErrors(check.errors ?? [], where)) };
  };
};

const compiled = new WeakMap<TSchema, ValidateFunction>();

/** Checks a value against a schema outside of a route (merged patches, bulk operations). Empty = it fits. */
export function checkBody(schema: TSchema, value: unknown): readonly ProblemField[] {
  let check = compiled.get(schema);
  if (check === undefined) {
    check = bodyAjv.compile(schema);
    compiled.set(schema, check);
  }
  return check(value) ? [] : fieldErrors(check.errors ?? [], '/');
}

function fieldErrors(errors: readonly ErrorObject[], where: string): ProblemField[] {
  const fields: ProblemField[] = [];
  for (const error of withoutNoise(errors.slice(0, maxRaw))) {
    const field = toField(error, where);
    if (fields.length < maxErrors && !fields.some((known) => known.pointer === field.pointer && known.message === field.message)) fields.push(field);
  }
  return fields;
}

/**
 * A failed `anyOf` reports every branch. Kept are the errors of the branch that came furthest (the fewest
 * errors that say "not this kind at all"), or the `anyOf` itself when no branch was meant.
 */
function withoutNoise(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const unions = errors.filter((error) => error.keyword === 'anyOf');
  let kept: readonly ErrorObject[] = errors;
  for (const union of unions) {
    const below = (error: ErrorObject): boolean => error.schemaPath.startsWith(`${union.schemaPath}/`)
      && (error.instancePath === union.instancePath || error.instancePath.startsWith(`${union.instancePath}/`));
    const branches = Map.groupBy(errors.filter(below), (error) => error.schemaPath.slice(union.schemaPath.length + 1).split('/')[0] ?? '');
    const meant = [...branches.values()].filter((branch) => !branch.some((error) => isOtherKind(error, union)));
    const best = meant.sort((one, other) => one.length - other.length)[0];
    kept = kept.filter((error) => (best === undefined ? !below(error) : error !== union && (!below(error) || best.includes(error))));
  }
  return kept;
}

/**
 * True for "has another type" and "is another kind" (`type`, or a `kind`-like constant) at the union's own place. Constants of
 * a choice further in are values of a field, which say nothing about the kind of what holds it.
 */
function isOtherKind(error: ErrorObject, { instancePath: at, schemaPath }: ErrorObject): boolean {
  if (error.instancePath === at) return error.keyword === 'type' || error.keyword === 'const' || error.keyword === 'enum';
  return error.keyword === 'const' && error.instancePath.startsWith(`${at}/`) && !error.schemaPath.slice(schemaPath.length).includes('/anyOf/');
}

function toField(error: ErrorObject, where: string): ProblemField {
  const at = where === '/' ? error.instancePath : `${where}${error.instancePath.slice(1)}`;
  const below = (name: string): string => (where === '/' ? `${at}/${escapePointer(name)}` : `${where}${name}`);
  switch (error.keyword) {
    case 'required': return { pointer: below(String(error.params['missingProperty'])), code: 'required', message: 'is required' };
    case 'additionalProperties': {
      const known = Object.keys((error.parentSchema?.['properties'] ?? {}) as object);
      return { pointer: below(String(error.params['additionalProperty'])), code: 'unknown-field', message: `unknown field; accepted: ${known.join(', ')}` };
    }
    case 'type': return { pointer: at, code: 'type', message: `must be ${describe(error.parentSchema)}` };
    case 'const': return { pointer: at, code: 'not-allowed', message: `must be ${JSON.stringify(error.params['allowedValue'])}` };
    case 'enum': return { pointer: at, code: 'not-allowed', message: `must be one of ${(error.params['allowedValues'] as unknown[]).join(', ')}` };
    case 'anyOf': return { pointer: at, code: 'not-allowed', message: `must be ${describe(error.parentSchema)}` };
    case 'minimum': case 'maximum': return { pointer: at, code: 'out-of-range', message: `must be ${describe(error.parentSchema)}` };
    case 'minLength': case 'minItems': return { pointer: at, code: 'too-short', message: `must be ${describe(error.parentSchema)}` };
    case 'maxLength': case 'maxItems': return { pointer: at, code: 'too-long', message: `must be ${describe(error.parentSchema)}` };
    case 'minProperties': return { pointer: at, code: 'too-short', message: `must have one at least of ${Object.keys((error.parentSchema?.['properties'] ?? {}) as object).join(', ')}` };
    case 'pattern': return { pointer: at, code: 'format', message: `must match ${String(error.params['pattern'])}` };
    default: return { pointer: at, code: error.keyword, message: error.message ?? 'is not valid' };
  }
}

/** What a schema accepts, in words. */
function describe(schema: unknown): string {
  const fields = (schema ?? {}) as Readonly<Record<string, unknown>>;
  if (Array.isArray(fields['anyOf'])) {
    const parts = fields['anyOf'].map(describe);
    return parts.length > 1 ? `${parts.slice(0, -1).join(', ')} or ${parts.at(-1) ?? ''}` : parts.join('');
  }
  if (Array.isArray(fields['enum'])) return `one of ${fields['enum'].join(', ')}`;
  if ('const' in fields) return String(fields['const']);
  const range = (low: unknown, high: unknown): string => {
    if (typeof high === 'number') return ` of ${Number(low ?? 0)} to ${high}`;
    return typeof low === 'number' ? ` of at least ${low}` : '';
  };
  switch (fields['type']) {
    case 'string': return `text${fields['maxLength'] === undefined ? '' : `${range(fields['minLength'], fields['maxLength'])} characters`}`;
    case 'integer': return `a whole number${range(fields['minimum'], fields['maximum'])}`;
    case 'number': return `a number${range(fields['minimum'], fields['maximum'])}`;
    case 'boolean': return 'true or false';
    case 'array': return `a list${fields['maxItems'] === undefined ? '' : `${range(fields['minItems'], fields['maxItems'])} items`}`;
    case 'null': return 'null';
    case 'object': {
      const kind = (fields['properties'] as Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined)?.['type'];
      return kind !== undefined && 'const' in kind ? `an object of type ${String(kind['const'])}` : 'an object';
    }
    default: return 'a valid value';
  }
}

const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
