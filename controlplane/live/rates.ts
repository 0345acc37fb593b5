/** Rates of one node from the counters of its reports. PURE. Counters only grow within one boot; a new boot starts anew. */

interface Sample { readonly atMs: number; readonly counters: Readonly<Record<string, number>> }

/** The failure ratio is of the last minute, the call rate of the last ten seconds. */
const keptMs = 60_000;
const rateMs = 10_000;
/** Reports come every 2 s and at once on a health change; more than that in a minute are thinned out. */
const maxSamples = 120;
const thinMs = 500;

export class Rates {
  private samples: Sample[] = [];
  private boot = '';

  add(boot: string, atMs: number, counters: Readonly<Record<string, number>>): void {
    if (boot !== this.boot) {
      this.boot = boot;
      this.samples = [];
    }
    const last = this.samples.at(-1);
    if (last !== undefined && this.samples.length > 1 && atMs - last.atMs < thinMs) this.samples.pop();
    this.samples.push({ atMs, counters });
    while (this.samples.length > maxSamples || (this.samples.length > 2 && atMs - (this.samples[1]?.atMs ?? atMs) >= keptMs)) this.samples.shift();
  }

  /** Set-up calls a second over the last ten seconds; 0 with fewer than two reports or none lately. */
  callsPerSecond(nowMs: number): number {
    const last = this.samples.at(-1);
    if (last === undefined || nowMs - last.atMs > rateMs) return 0;
    const first = this.samples.find((sample) => last.atMs - sample.atMs <= rateMs) ?? last;
    const span = last.atMs - first.atMs;
    return span <= 0 ? 0 : Math.max(0, value(last, 'calls_total') - value(first, 'calls_total')) * 1_000 / span;
  }

  /** INVITEs of the last minute and how many of them failed. */
  invites(): { readonly total: number; readonly failed: number } {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (first === undefined || last === undefined) return { total: 0, failed: 0 };
    const grown = (name: string): number => Math.max(0, value(last, name) - value(first, name));
    return { total: grown('invites_total'), failed: grown('invite_failed_total') };
  }
}

function value(sample: Sample, name: string): number {
  const number = sample.counters[name];
  return number !== undefined && Number.isFinite(number) ? number : 0;
}
