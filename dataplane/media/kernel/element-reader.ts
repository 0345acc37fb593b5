/**
 * Reads elements with counters out of the JSON of `nft -j list map` and `nft -j monitor`, piece by piece as it comes: a list
 * of 20,000 elements is megabytes, and parsing it at once would hold up the packets of the thread.
 */
export interface CountedElement {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Our port. */
  readonly localPort: number;
  /** '' = none. */
  readonly comment: string;
  readonly packets: number;
  /** Of whole packets, IP header and all. */
  readonly bytes: number;
  readonly mark: number;
}

const element = /"concat": \["([0-9a-f.:]{2,45})", (\d{1,5}), (\d{1,5})\]\}(?:, "comment": "([^"\\]{0,128})")?, "counter": \{"packets": (\d{1,16}), "bytes": (\d{1,19})\}\}\}, (\d{1,10})\]/g;
/** No element is longer: what is kept of a piece that ends in the middle of one. */
const longestElement = 512;

export class ElementReader {
  readonly #found: (element: CountedElement) => void;
  #rest = '';

  constructor(found: (element: CountedElement) => void) {
    this.#found = found;
  }

  /** Takes the next piece; each element is told once, when it is whole. Anything else is skipped. */
  read(piece: string): void {
    const text = this.#rest + piece;
    let end = 0;
    for (const match of text.matchAll(element)) {
      end = match.index + match[0].length;
      this.#found({
        remoteAddress: match[1] ?? '',
        remotePort: Number(match[2]),
        localPort: Number(match[3]),
        comment: match[4] ?? '',
        packets: Number(match[5]),
        bytes: Number(match[6]),
        mark: Number(match[7]),
      });
    }
    this.#rest = text.slice(Math.max(end, text.length - longestElement));
  }
}
