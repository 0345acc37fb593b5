/** Audio of known tones: WAV files that phones play, and which tones are in what was heard. */

export interface Wav {
  /** Samples a second. */
  readonly rate: number;
  /** One channel, 16 bits. */
  readonly samples: Int16Array;
}

/** A tone and how long it sounds. */
export interface Tone {
  /** 0 = none of the known ones. */
  readonly hertz: number;
  readonly ms: number;
}

export const toneRate = 8_000;
const windowMs = 20;
const amplitude = 12_000;
/** Of the energy of a window, how much has to be in one tone: G.711 adds noise, a gap takes away. */
const purity = 0.8;

/** A WAV file (8 kHz, mono, 16 bits) of tones one after the other. Tones of whole multiples of 50 Hz are told apart best. */
export function writeTones(tones: readonly Tone[]): Buffer {
  const count = tones.reduce((sum, { ms }) => sum + (ms * toneRate) / 1000, 0);
  const data = Buffer.alloc(44 + count * 2);
  data.write('RIFF', 0, 'latin1');
  data.writeUInt32LE(36 + count * 2, 4);
  data.write('WAVEfmt ', 8, 'latin1');
  data.writeUInt32LE(16, 16);
  data.writeUInt16LE(1, 20);
  data.writeUInt16LE(1, 22);
  data.writeUInt32LE(toneRate, 24);
  data.writeUInt32LE(toneRate * 2, 28);
  data.writeUInt16LE(2, 32);
  data.writeUInt16LE(16, 34);
  data.write('data', 36, 'latin1');
  data.writeUInt32LE(count * 2, 40);
  let at = 44;
  for (const { hertz, ms } of tones) {
    for (let i = 0; i < (ms * toneRate) / 1000; i++, at += 2) data.writeInt16LE(Math.round(amplitude * Math.sin((2 * Math.PI * hertz * i) / toneRate)), at);
  }
  return data;
}

/** Reads a WAV file of 16-bit samples, one channel. */
export function readWav(data: Buffer): Wav {
  if (data.toString('latin1', 0, 4) !== 'RIFF' || data.toString('latin1', 8, 12) !== 'WAVE') throw new Error(`no WAV file: ${data.toString('latin1', 0, 12)}`);
  let rate = 0;
  for (let at = 12; at + 8 <= data.length;) {
    const name = data.toString('latin1', at, at + 4);
    const length = data.readUInt32LE(at + 4);
    const start = at + 8;
    if (name === 'fmt ') {
      const [channels, bits] = [data.readUInt16LE(start + 2), data.readUInt16LE(start + 14)];
      if (channels !== 1 || bits !== 16) throw new Error(`${channels} channels of ${bits} bits`);
      rate = data.readUInt32LE(start + 4);
    }
    if (name === 'data') {
      const end = Math.min(data.length, start + length);
      const samples = new Int16Array(Math.floor((end - start) / 2));
      for (let i = 0; i < samples.length; i++) samples[i] = data.readInt16LE(start + 2 * i);
      return { rate, samples };
    }
    at = start + length + (length % 2);
  }
  throw new Error('a WAV file without data');
}

/** Energy of one frequency in a window (Goertzel's algorithm), as a share of all energy in it, 0 to 1. */
export function share(samples: Int16Array, hertz: number, rate: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hertz) / rate);
  let [before, last, energy] = [0, 0, 0];
  for (const sample of samples) {
    const next = sample + coefficient * last - before;
    before = last;
    last = next;
    energy += sample * sample;
  }
  const power = last * last + before * before - coefficient * last * before;
  return energy === 0 ? 0 : (2 * power) / (samples.length * energy);
}

/** The tones that were heard, one after the other, to 20 ms. */
export function tonesIn({ samples, rate }: Wav, known: readonly number[]): Tone[] {
  const size = (rate * windowMs) / 1000;
  const runs: { hertz: number; ms: number }[] = [];
  for (let at = 0; at + size <= samples.length; at += size) {
    const window = samples.subarray(at, at + size);
    const hertz = known.find((one) => share(window, one, rate) >= purity) ?? 0;
    const run = runs.at(-1);
    if (run?.hertz === hertz) run.ms += windowMs;
    else runs.push({ hertz, ms: windowMs });
  }
  return runs;
}
