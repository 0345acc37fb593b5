/** JSON bodies: parsed, and looked through for what would reach into prototypes and for text that no column can hold. */
import type { ProblemField } from '../contract/problem.ts';
import { RequestInvalid } from './validation.ts';

const maxErrors = 100;

/** Only bodies with one of these are looked at value by value: NUL, ASCII and halves of surrogate pairs as escapes. */
const suspicious = /__proto__|\\u00[0-7]|\\ud[89a-f]/i;

/**
 * A JSON body. Empty = none. Throws a 400 for what is no JSON, and RequestInvalid naming each field that holds a NUL, half
 * of a surrogate pair (PostgreSQL takes neither) or `__proto__` as a name.
 */
export function parseJson(body: string): unknown {
  if (body === '') return undefined;
  const value = read(body);
  const errors = suspicious.test(body) ? faults(value) : [];
  if (errors.length > 0) throw new RequestInvalid(errors);
  return value;
}

function read(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch (error) {
    throw Object.assign(new Error(`The body is not valid JSON: ${error instanceof Error ? error.message : String(error)}.`), { statusCode: 400 });
  }
}

interface Place {
  readonly value: unknown;
  readonly name: string;
  readonly above: Place | null;
}

/** Goes through all values without recursion: a body may be nested deeper than the stack. */
function faults(root: unknown): readonly ProblemField[] {
  const errors: ProblemField[] = [];
  const open: Place[] = [{ value: root, name: '', above: null }];
  for (let place = open.pop(); place !== undefined && errors.length < maxErrors; place = open.pop()) {
    const { value } = place;
    if (typeof value === 'string') {
      const wrong = unstorable(value);
      if (wrong !== null) errors.push({ pointer: pointerOf(place), code: 'format', message: wrong });
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, field] of Object.entries(value).reverse()) {
        const below: Place = { value: field, name, above: place };
        const wrong = name === '__proto__' ? 'is no field' : unstorable(name);
        if (wrong === null) open.push(below);
        else errors.push({ pointer: pointerOf(below), code: name === '__proto__' ? 'unknown-field' : 'format', message: wrong });
      }
    }
  }
  return errors;
}

function unstorable(text: string): string | null {
  if (text.includes('\0')) return 'must not contain the character NUL';
  return text.isWellFormed() ? null : 'must not contain half of a surrogate pair';
}

const maxDepthShown = 32;

function pointerOf(place: Place): string {
  const names: string[] = [];
  for (let at = place; at.above !== null && names.length < maxDepthShown; at = at.above) {
    names.push(at.name.slice(0, 128).replaceAll('\0', '\uFFFD').toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1'));
  }
  return names.reverse().map((name) => `/${name}`).join('');
}
