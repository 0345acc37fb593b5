/** The frames of a WebSocket client, followed in its bytes as far as it takes to tell half a message from a whole one (RFC 6455 §5.2). */

const final = 0x80;
const opcodeBits = 0x0f;
/** Opcodes from here on are of control frames, which may stand between the fragments of a message (§5.4). */
const firstControl = 0x08;
const masked = 0x80;
const maskBytes = 4;

export class WebFrames {
  /** Bytes of the header that have come, of `#size` that are known to belong to it. */
  #at = 0;
  #size = 2;
  /** Where in the header the longer form of the length ends. */
  #lengthEnd = 2;
  /** Bytes of the payload that are still to come; while the header comes, what it says of the length so far. */
  #left = 0;
  /** A fragment has come, and not the last one. */
  #fragmented = false;

  /** Whether the last byte was within a frame, or in front of another fragment. */
  get partial(): boolean {
    return this.#at > 0 || this.#left > 0 || this.#fragmented;
  }

  /**
   * Takes the next bytes. What breaks RFC 6455 is not looked for: `ws` does, and ends the connection.
   * @returns whether a message ended in them, or a control frame outside of any: what is partial now began behind it
   */
  read(bytes: Uint8Array): boolean {
    let ended = false;
    for (let i = 0; i < bytes.length;) {
      if (this.#at === 0 && this.#left > 0) {
        const step = Math.min(this.#left, bytes.length - i);
        this.#left -= step;
        i += step;
      } else {
        this.#head(bytes[i++] ?? 0);
      }
      ended ||= !this.partial;
    }
    return ended;
  }

  #head(byte: number): void {
    const at = this.#at++;
    if (at === 0) {
      this.#size = 2;
      if ((byte & opcodeBits) < firstControl) this.#fragmented = (byte & final) === 0;
    } else if (at === 1) {
      const length = byte & ~masked;
      const extended = length === 126 ? 2 : length === 127 ? 8 : 0;
      this.#size += extended + ((byte & masked) === 0 ? 0 : maskBytes);
      this.#left = extended === 0 ? length : 0;
      this.#lengthEnd = 2 + extended;
    } else if (at < this.#lengthEnd) {
      this.#left = this.#left * 256 + byte;
    }
    if (this.#at === this.#size) this.#at = 0;
  }
}
