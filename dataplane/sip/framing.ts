import { bounds } from './bounds.ts';
import { CLASS, TOKEN } from './characters.ts';
import { findLines } from './lines.ts';

/** What `StreamFramer.next` found. */
export const FRAME = {
  /** Nothing whole yet: wait for more bytes. */
  more: 0,
  /** A whole message is in `text`. */
  message: 1,
  /** CRLFCRLF: answer with CRLF (RFC 5626 4.4.1). */
  ping: 2,
  /** The stream cannot be framed any more: answer what `text` asks with `status`, then close. */
  fault: 3,
} as const;

const CR = 13;
const LF = 10;

/**
 * Cuts the SIP messages out of a byte stream (RFC 3261 18.3): framing by Content-Length, CRLF keep-alives in between, finite
 * buffers. Chunks are latin1 text. Call `push`, then `next` until it returns `FRAME.more` or `FRAME.fault`.
 */
export class StreamFramer {
  /** The message after `FRAME.message`; after `FRAME.fault` the head of the bad one, '' when there is none whole. */
  text = '';
  /** After `FRAME.fault`: the status of the answer (400 or 513) and its reason phrase. */
  status = 0;
  fault = '';
  private buffer = '';
  /** Where the message at hand begins in the buffer. */
  private offset = 0;
  /** Behind what has been searched for the end of the head. */
  private scanned = 0;
  /** Where the message at hand ends, 0 = not known yet. */
  private messageEnd = 0;
  /** Characters of CRLFCRLF seen between messages. */
  private blanks = 0;

  /** Adds what the socket read. Without effect once the stream is faulty. */
  push(chunk: string): void {
    if (this.fault !== '') return;
    const offset = this.offset;
    this.buffer = offset === this.buffer.length ? chunk : this.buffer.slice(offset) + chunk;
    this.scanned = this.scanned > offset ? this.scanned - offset : 0;
    if (this.messageEnd > 0) this.messageEnd -= offset;
    this.offset = 0;
  }

  /** Whether a message has begun and is not whole: the guard against slow senders runs while this holds. */
  get partial(): boolean {
    return this.offset < this.buffer.length;
  }

  /** Bytes held back for the message at hand. */
  get pendingBytes(): number {
    return this.buffer.length - this.offset;
  }

  /** Takes the next thing out of the buffer: one of `FRAME`. */
  next(): number {
    if (this.fault !== '') return FRAME.fault;
    const buffer = this.buffer;
    if (this.messageEnd === 0) {
      while (this.offset < buffer.length) {
        const c = buffer.charCodeAt(this.offset);
        if (c !== CR && c !== LF) break;
        this.offset++;
        // Lone CRLFs are pongs or noise before a start line (RFC 3261 7.5); two in a row are a ping, split or not.
        this.blanks = c === ((this.blanks & 1) === 0 ? CR : LF) ? this.blanks + 1 : 0;
        if (this.blanks === 4) {
          this.blanks = 0;
          return FRAME.ping;
        }
      }
      if (this.offset === buffer.length) return FRAME.more;
      this.blanks = 0;
      // A start line begins with a token: a TLS hello, NULs and the like are not waited for.
      if (((CLASS[buffer.charCodeAt(this.offset)] ?? 0) & TOKEN) === 0) return this.fail(400, 'Not SIP', '');
      const found = this.findMessageEnd();
      if (found !== FRAME.message) return found;
    }
    if (buffer.length < this.messageEnd) return FRAME.more;
    this.text = buffer.slice(this.offset, this.messageEnd);
    this.offset = this.messageEnd;
    this.scanned = this.messageEnd;
    this.messageEnd = 0;
    return FRAME.message;
  }

  /** Looks for the end of the head and adds Content-Length; `FRAME.message` when the end is known. */
  private findMessageEnd(): number {
    const buffer = this.buffer;
    const offset = this.offset;
    const from = this.scanned > offset ? this.scanned : offset;
    const headEnd = buffer.indexOf('\r\n\r\n', from);
    if (headEnd < 0) {
      this.scanned = buffer.length - 3 > offset ? buffer.length - 3 : offset;
      return buffer.length - offset > bounds.headBytes ? this.fail(513, 'Headers Too Large', '') : FRAME.more;
    }
    const head = buffer.slice(offset, headEnd + 4);
    if (head.length > bounds.headBytes) return this.fail(513, 'Headers Too Large', '');
    const length = contentLengthOf(head);
    if (length < 0) return this.fail(400, length === -1 ? 'Missing Content-Length' : 'Malformed Content-Length', head);
    if (head.length + length > bounds.messageBytes) return this.fail(513, 'Message Too Large', head);
    this.messageEnd = headEnd + 4 + length;
    return FRAME.message;
  }

  private fail(status: number, reason: string, text: string): number {
    this.status = status;
    this.fault = reason;
    this.text = text;
    this.buffer = '';
    this.offset = 0;
    return FRAME.fault;
  }
}

/** Content-Length of a head; -1 = absent, -2 = malformed or given twice. */
function contentLengthOf(head: string): number {
  const start = head.indexOf('\n') + 1;
  const lines = findLines(head, start, head.length - 2, 'content-length');
  const line = lines[0];
  if (line === undefined) return -1;
  if (lines.length > 1 || line.start === line.end) return -2;
  let value = 0;
  for (let i = line.start; i < line.end; i++) {
    const digit = head.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9 || value > 99_999_999) return -2;
    value = value * 10 + digit;
  }
  return value;
}
