/** One hour of figures in steps of ten seconds, each the mean of what was sampled in it. PURE. */

export interface Figures {
  readonly calls: number;
  readonly callsPerSecond: number;
  /** Mean latency of the destinations that are up; 0 = none. */
  readonly latencyMs: number;
}

export const seriesStepMs = 10_000;
const hour = 360;

interface Step { index: number; samples: number; calls: number; callsPerSecond: number; latencyMs: number }

export interface SeriesView {
  readonly stepMs: number;
  readonly calls: number[];
  readonly callsPerSecond: number[];
  readonly latencyMs: number[];
}

export class Series {
  private readonly steps: Step[] = [];

  add(nowMs: number, figures: Figures): void {
    const index = Math.floor(nowMs / seriesStepMs);
    let step = this.steps.at(-1);
    if (step === undefined || index > step.index) {
      step = { index, samples: 0, calls: 0, callsPerSecond: 0, latencyMs: 0 };
      this.steps.push(step);
      if (this.steps.length > hour) this.steps.shift();
    }
    step.samples += 1;
    step.calls += (figures.calls - step.calls) / step.samples;
    step.callsPerSecond += (figures.callsPerSecond - step.callsPerSecond) / step.samples;
    step.latencyMs += (figures.latencyMs - step.latencyMs) / step.samples;
  }

  /** `points` points up to now, oldest first, each the mean of `stepsAPoint` steps (1 to 60); times without samples are 0. */
  view(nowMs: number, points: number, stepsAPoint: number): SeriesView {
    const end = Math.floor(nowMs / seriesStepMs);
    const first = end - points * stepsAPoint + 1;
    const sums = Array.from({ length: points }, () => ({ samples: 0, calls: 0, callsPerSecond: 0, latencyMs: 0 }));
    for (const step of this.steps) {
      const sum = sums[Math.floor((step.index - first) / stepsAPoint)];
      if (step.index < first || sum === undefined) continue;
      sum.samples += 1;
      sum.calls += step.calls;
      sum.callsPerSecond += step.callsPerSecond;
      sum.latencyMs += step.latencyMs;
    }
    const mean = (pick: 'calls' | 'callsPerSecond' | 'latencyMs'): number[] =>
      sums.map((sum) => (sum.samples === 0 ? 0 : Math.round(sum[pick] / sum.samples * 1_000) / 1_000));
    return { stepMs: seriesStepMs * stepsAPoint, calls: mean('calls'), callsPerSecond: mean('callsPerSecond'), latencyMs: mean('latencyMs') };
  }
}
