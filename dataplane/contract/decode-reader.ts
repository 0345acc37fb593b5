/** Reads fields of untrusted JSON and collects every fault with its JSON pointer (RFC 6901). */

/** One fault of a row. `message` says what is accepted. */
export interface FieldError {
  readonly pointer: string;
  readonly code: FieldErrorCode;
  readonly message: string;
}

export type FieldErrorCode =
  | 'required' | 'unknown-field' | 'type' | 'out-of-range' | 'too-long' | 'too-short' | 'format' | 'not-allowed' | 'duplicate' | 'mismatch';

/** Faults found so far; decoders go on after the first so that a form can show them all. Keeps at most 100. */
export class Faults {
  readonly list: FieldError[] = [];

  add(pointer: string, code: FieldErrorCode, message: string): void {
    if (this.list.length < 100) this.list.push({ pointer, code, message });
  }
}

const noDefaults: Readonly<Record<string, unknown>> = {};

/** An object whose fields are read by name; `close` reports those that nobody asked for. */
export class FieldReader {
  /** Names asked for so far; few, so a list beats a set. */
  private readonly known: string[] = [];
  readonly fields: Readonly<Record<string, unknown>>;
  readonly pointer: string;
  readonly faults: Faults;
  private defaults: Readonly<Record<string, unknown>> = noDefaults;

  /** A value that is no object counts as one without fields, and is reported once. */
  constructor(value: unknown, pointer: string, faults: Faults) {
    this.pointer = pointer;
    this.faults = faults;
    if (isObject(value)) {
      this.fields = value;
    } else {
      this.fields = {};
      faults.add(pointer, 'type', 'must be an object');
    }
  }

  /** Fields that may be absent, with what they are then: those that came after rows had been written without them. */
  defaulting(defaults: Readonly<Record<string, unknown>>): this {
    this.defaults = defaults;
    return this;
  }

  /** Reports unknown fields, naming the known ones. Call it after all reads. */
  close(): void {
    for (const name of Object.keys(this.fields)) {
      if (!this.known.includes(name)) {
        this.faults.add(this.at(name), 'unknown-field', `unknown field; accepted: ${this.known.join(', ')}`);
      }
    }
  }

  at(name: string): string {
    return `${this.pointer}/${escapePointer(name)}`;
  }

  /** An integer of `min` to `max`; `min` when it is wrong (the row is refused anyway). */
  integer(name: string, min: number, max: number): number {
    const value = this.take(name);
    // The pointer is only built for faults: snapshots decode a million good rows.
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
    return readInteger(value, this.at(name), min, max, this.faults);
  }

  /** An integer or null. */
  integerOrNull(name: string, min: number, max: number): number | null {
    const value = this.take(name);
    return value === null ? null : readInteger(value, this.at(name), min, max, this.faults, ' or null');
  }

  boolean(name: string): boolean {
    const value = this.take(name);
    if (typeof value === 'boolean') return value;
    this.miss(name, value, 'must be true or false');
    return false;
  }

  /** Text of `min` to `max` characters without control characters. */
  text(name: string, min: number, max: number): string {
    const value = this.take(name);
    return isText(value, min, max) ? value : readText(value, this.at(name), min, max, this.faults);
  }

  /** Text with a form of its own; `accepted` completes "must be ...". */
  formatted(name: string, min: number, max: number, matches: (text: string) => boolean, accepted: string): string {
    const value = this.take(name);
    if (isText(value, min, max) && matches(value)) return value;
    const before = this.faults.list.length;
    const text = readText(value, this.at(name), min, max, this.faults, accepted);
    if (this.faults.list.length === before && !matches(text)) this.faults.add(this.at(name), 'format', `must be ${accepted}`);
    return text;
  }

  /** PEM text (RFC 7468): blocks of `label`; of `min` to `max` characters. Only the outline is looked at. */
  pem(name: string, label: string, min: number, max: number): string {
    const value = this.take(name);
    const accepted = `PEM text (-----BEGIN ${label}-----) of ${min} to ${max} characters`;
    if (typeof value !== 'string') {
      this.miss(name, value, `must be ${accepted}`);
      return '';
    }
    if (value.length < min || value.length > max) this.faults.add(this.at(name), value.length < min ? 'too-short' : 'too-long', `must be ${accepted}`);
    else if (value !== '' && (!value.includes(`-----BEGIN ${label}-----`) || /[^\t\r\n -~]/.test(value))) this.faults.add(this.at(name), 'format', `must be ${accepted}`);
    return value;
  }

  oneOf<T extends string | number>(name: string, accepted: readonly T[]): T {
    const value = this.take(name);
    const found = accepted.find((entry) => entry === value);
    return found ?? readOneOf(value, this.at(name), accepted, this.faults);
  }

  object(name: string): FieldReader {
    const value = this.take(name);
    if (value === undefined) {
      this.faults.add(this.at(name), 'required', 'is required: an object');
      return new FieldReader({}, this.at(name), new Faults());
    }
    return new FieldReader(value, this.at(name), this.faults);
  }

  /** A list of `min` to `max` items, each read by `item`. */
  list<T>(name: string, min: number, max: number, item: (value: unknown, pointer: string, faults: Faults) => T): T[] {
    const value = this.take(name);
    if (!Array.isArray(value)) {
      this.miss(name, value, `must be a list of ${min} to ${max} items`);
      return [];
    }
    if (value.length < min || value.length > max) {
      this.faults.add(this.at(name), value.length < min ? 'too-short' : 'too-long', `must be a list of ${min} to ${max} items`);
      return [];
    }
    return value.map((entry: unknown, index) => item(entry, `${this.at(name)}/${index}`, this.faults));
  }

  /** Like `list`, and no item twice. */
  distinct<T extends string | number>(name: string, min: number, max: number, item: (value: unknown, pointer: string, faults: Faults) => T): T[] {
    const items = this.list(name, min, max, item);
    const seen = new Set<T>();
    for (const [index, entry] of items.entries()) {
      if (seen.has(entry)) this.faults.add(`${this.at(name)}/${index}`, 'duplicate', 'must not be listed twice');
      seen.add(entry);
    }
    return items;
  }

  /** The raw value; marks the field as known. */
  take(name: string): unknown {
    this.known.push(name);
    return Object.hasOwn(this.fields, name) ? this.fields[name] : this.defaults[name];
  }

  private miss(name: string, value: unknown, message: string): void {
    reportType(value, this.at(name), message, this.faults);
  }
}

export function readInteger(value: unknown, pointer: string, min: number, max: number, faults: Faults, also = ''): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    reportType(value, pointer, `must be a whole number of ${min} to ${max}${also}`, faults);
    return min;
  }
  if (value < min || value > max) {
    faults.add(pointer, 'out-of-range', `must be ${min} to ${max}${also}`);
    return min;
  }
  return value;
}

export function readText(value: unknown, pointer: string, min: number, max: number, faults: Faults, accepted = 'text'): string {
  if (typeof value !== 'string') {
    reportType(value, pointer, `must be ${accepted} of ${min} to ${max} characters`, faults);
    return '';
  }
  if (value.length < min) faults.add(pointer, 'too-short', `must be ${accepted} of ${min} to ${max} characters`);
  else if (value.length > max) faults.add(pointer, 'too-long', `must be ${accepted} of ${min} to ${max} characters`);
  else if (hasControls(value)) faults.add(pointer, 'format', 'must not contain control characters');
  return value;
}

export function readOneOf<T extends string | number>(value: unknown, pointer: string, accepted: readonly T[], faults: Faults): T {
  const found = accepted.find((entry) => entry === value);
  if (found !== undefined) return found;
  const message = `must be one of ${accepted.join(', ')}`;
  if (value === undefined) faults.add(pointer, 'required', `is required: ${message}`);
  else faults.add(pointer, 'not-allowed', message);
  return accepted[0] as T;
}

function isText(value: unknown, min: number, max: number): value is string {
  return typeof value === 'string' && value.length >= min && value.length <= max && !hasControls(value);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A missing value is `required`, one of another type `type`; both say what is accepted. */
export function reportType(value: unknown, pointer: string, message: string, faults: Faults): void {
  if (value === undefined) faults.add(pointer, 'required', `is required: ${message}`);
  else faults.add(pointer, 'type', message);
}

/** C0, DEL and lone surrogates: they would break a header, a log line or the UTF-8 that is hashed. */
function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return !text.isWellFormed();
}

/** RFC 6901 §3. */
export const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
