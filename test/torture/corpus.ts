import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** One message of RFC 4475 or RFC 5118 with what a conforming edge does with it. */
export interface TortureMessage {
  readonly name: string;
  readonly file: string;
  readonly rfc: string;
  readonly section: string;
  readonly kind: string;
  readonly sha256: string;
  readonly expect: readonly string[];
  readonly tolerated?: readonly string[];
  readonly transport: 'udp' | 'tcp';
  /** What the request line, and the whole of a forwarded message, must not hold: a pattern, and a text. */
  readonly mustNotContain?: string;
  readonly rawMustNotContain?: string;
}

const folder = new URL('./messages/', import.meta.url);

/** The index of the corpus, in its order. */
export const tortureMessages: readonly TortureMessage[] = (
  JSON.parse(readFileSync(new URL('index.json', folder), 'utf8')) as { messages: TortureMessage[] }
).messages;

/** The bytes of a message as latin1 text; throws when they are not those that the index was made for. */
export function tortureText(message: TortureMessage): string {
  const bytes = readFileSync(new URL(message.file, folder));
  const sum = createHash('sha256').update(bytes).digest('hex');
  if (!sum.startsWith(message.sha256)) throw new Error(`${message.file} was changed: ${sum}`);
  return bytes.toString('latin1');
}

/** The text of the message called `name`. */
export function tortureTextOf(name: string): string {
  const message = tortureMessages.find((candidate) => candidate.name === name);
  if (message === undefined) throw new Error(`no torture message ${name}`);
  return tortureText(message);
}
