/** Reports inside of RTCP (RFC 3550 §6.4). Pure. */

/** What is told of a compound, in its order. */
export interface ReportReader {
  /** A sender report: `ntp` are the middle 32 bits of its time, which the receiver's next report names. */
  sender(ssrc: number, ntp: number): void;
  /**
   * What `from` reports of what it hears from `ssrc`.
   * @param cumulative packets lost since the beginning; negative with duplicates
   * @param jitter in units of the RTP clock
   * @param lastReport `ntp` of the last sender report that it heard, 0 = none
   * @param delay since then, in units of 1/65,536 s
   */
  reception(from: number, ssrc: number, cumulative: number, highest: number, jitter: number, lastReport: number, delay: number): void;
}

const senderReport = 200;
const receiverReport = 201;
const blockBytes = 24;

/**
 * Reads the reports of a compound packet. Only one whose parts add up to its length is read: the rest of an encrypted one (SRTCP,
 * RFC 3711 §3.4) is noise with a tag behind, and does not.
 * @returns false = it does not add up; nothing was told
 */
export function readReports(data: Uint8Array, length: number, reader: ReportReader): boolean {
  if (!addsUp(data, length)) return false;
  for (let at = 0; at < length; at += partBytes(data, at)) {
    const type = data[at + 1];
    if (type !== senderReport && type !== receiverReport) continue;
    const end = at + partBytes(data, at);
    const from = word(data, at + 4);
    if (type === senderReport && at + 28 <= end) reader.sender(from, ((half(data, at + 10) << 16) | half(data, at + 12)) >>> 0);
    let block = at + (type === senderReport ? 28 : 8);
    for (let left = (data[at] ?? 0) & 31; left > 0 && block + blockBytes <= end; left--, block += blockBytes) {
      const cumulative = (word(data, block + 4) << 8) >> 8;
      reader.reception(from, word(data, block), cumulative, word(data, block + 8), word(data, block + 12), word(data, block + 16), word(data, block + 20));
    }
  }
  return true;
}

function addsUp(data: Uint8Array, length: number): boolean {
  let at = 0;
  while (at + 4 <= length) {
    const type = data[at + 1] ?? 0;
    if (((data[at] ?? 0) & 192) !== 128 || type < 192 || type > 223) return false;
    at += partBytes(data, at);
  }
  return at === length && length > 0;
}

const partBytes = (data: Uint8Array, at: number): number => 4 * (half(data, at + 2) + 1);
const half = (data: Uint8Array, at: number): number => ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
const word = (data: Uint8Array, at: number): number => ((half(data, at) << 16) | half(data, at + 2)) >>> 0;
