import { bounds } from './bounds.ts';

/**
 * The bytes of the text looked at last. Reading an element of one fixed array costs a third of `charCodeAt`, and copying a
 * message into it less than 50 ns; so the scans read here while positions and slices refer to the text. A zero follows the text.
 */
export const BYTES = new Uint8Array(bounds.messageBytes + 16);

const view = Buffer.from(BYTES.buffer);
let loaded = '';

/**
 * Makes `BYTES` hold `text` (latin1). Every scan calls it first; it costs a comparison when the text is there already.
 * Throws RangeError above `bounds.messageBytes`, which callers check before.
 */
export function load(text: string): void {
  if (text === loaded) return;
  if (text.length > bounds.messageBytes) throw new RangeError('text longer than a message');
  view.write(text, 0, 'latin1');
  BYTES[text.length] = 0;
  loaded = text;
}
