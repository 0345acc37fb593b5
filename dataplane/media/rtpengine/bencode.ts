/** Bencode (BEP 3), the form of the ng protocol: byte strings, integers, lists, dictionaries. Pure. */
import { err, ok, type Result } from '../../contract/result.ts';

/** Strings are bytes as latin1 text, as SIP messages are elsewhere. */
export type Bencoded = string | number | readonly Bencoded[] | BencodeDictionary;
export type BencodeDictionary = ReadonlyMap<string, Bencoded>;

/** What a sender fills in: `undefined` leaves the key out. */
export type BencodeFields = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Dictionaries and lists inside each other; the deepest answer of rtpengine has 8. */
const maxDepth = 16;
/** Values of one text, so that small texts do not become big trees. */
const maxValues = 50_000;

/** A dictionary as latin1 text, its keys in the order of `fields` (rtpengine asks for none). */
export function encodeFields(fields: BencodeFields): string {
  let text = 'd';
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) text += encodeText(key) + encodeValue(value);
  }
  return `${text}e`;
}

function encodeValue(value: string | number | readonly string[]): string {
  if (typeof value === 'string') return encodeText(value);
  if (typeof value === 'number') return `i${Math.trunc(value)}e`;
  return `l${value.map(encodeText).join('')}e`;
}

const encodeText = (text: string): string => `${text.length}:${text}`;

/** Reads one dictionary that fills `bytes` from `start` to the end. Never throws; the error says what is wrong and where. */
export function decodeDictionary(bytes: Buffer, start = 0): Result<BencodeDictionary, string> {
  const reader = new Reader(bytes, start);
  const value = reader.value(0);
  if (reader.fault !== '') return err(reader.fault);
  if (!(value instanceof Map)) return err('not a dictionary');
  if (reader.at !== bytes.length) return err(`something follows at byte ${reader.at}`);
  return ok(value);
}

const code = { d: 0x64, e: 0x65, i: 0x69, l: 0x6c, colon: 0x3a, minus: 0x2d, zero: 0x30, nine: 0x39 } as const;

/** After a fault every read answers with something harmless, and the first fault stands. */
class Reader {
  readonly #bytes: Buffer;
  at: number;
  fault = '';
  #values = 0;

  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes;
    this.at = start;
  }

  value(depth: number): Bencoded {
    if (depth > maxDepth) return this.#fail('too deep');
    if (++this.#values > maxValues) return this.#fail('too many values');
    const first = this.#bytes[this.at];
    if (first === code.d) return this.#dictionary(depth);
    if (first === code.l) return this.#list(depth);
    if (first === code.i) {
      this.at++;
      return this.#number(code.e);
    }
    return this.#text();
  }

  #dictionary(depth: number): Bencoded {
    this.at++;
    const found = new Map<string, Bencoded>();
    while (!this.#ends()) {
      const key = this.#text();
      found.set(key, this.value(depth + 1));
    }
    return found;
  }

  #list(depth: number): Bencoded {
    this.at++;
    const found: Bencoded[] = [];
    while (!this.#ends()) found.push(this.value(depth + 1));
    return found;
  }

  /** Whether the list or dictionary is over; a fault ends it, too. */
  #ends(): boolean {
    if (this.fault !== '') return true;
    if (this.#bytes[this.at] !== code.e) return false;
    this.at++;
    return true;
  }

  #text(): string {
    const length = this.#number(code.colon);
    if (this.fault !== '') return '';
    if (length < 0 || length > this.#bytes.length - this.at) return this.#fail('a string longer than the text');
    const text = this.#bytes.toString('latin1', this.at, this.at + length);
    this.at += length;
    return text;
  }

  /** Digits up to `end`, which is taken, too. */
  #number(end: number): number {
    const negative = end === code.e && this.#bytes[this.at] === code.minus;
    if (negative) this.at++;
    let number = 0;
    let digits = 0;
    for (let byte = this.#bytes[this.at]; byte !== undefined && byte >= code.zero && byte <= code.nine; byte = this.#bytes[++this.at]) {
      number = number * 10 + byte - code.zero;
      digits++;
    }
    if (digits === 0 || digits > 20 || this.#bytes[this.at] !== end) {
      this.#fail('no number');
      return 0;
    }
    this.at++;
    return negative ? -number : number;
  }

  #fail(what: string): '' {
    if (this.fault === '') this.fault = `${what} at byte ${this.at}`;
    return '';
  }
}

/** The text under a key; '' when it is no text. */
export const textAt = (dictionary: BencodeDictionary, key: string): string => {
  const value = dictionary.get(key);
  return typeof value === 'string' ? value : '';
};

/** The number under a key; 0 when it is no number. */
export const numberAt = (dictionary: BencodeDictionary, key: string): number => {
  const value = dictionary.get(key);
  return typeof value === 'number' ? value : 0;
};

export const noDictionary: BencodeDictionary = new Map();

/** The dictionary under a key; an empty one when it is none. */
export const dictionaryAt = (dictionary: BencodeDictionary, key: string): BencodeDictionary => {
  const value = dictionary.get(key);
  return isDictionary(value) ? value : noDictionary;
};

/** The dictionaries of the list under a key. */
export const dictionariesAt = (dictionary: BencodeDictionary, key: string): readonly BencodeDictionary[] => {
  const value = dictionary.get(key);
  return Array.isArray(value) ? value.filter(isDictionary) : [];
};

const isDictionary = (value: unknown): value is BencodeDictionary => value instanceof Map;
