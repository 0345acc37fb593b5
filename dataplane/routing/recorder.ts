/** Explanations of a routing decision: the live path writes them when it is given a recorder. */

export type StepStage = 'node' | 'source' | 'number' | 'alias' | 'domain' | 'tenant' | 'rule' | 'rates' | 'enum' | 'set' | 'destination';

/** One human step. `outcome`: matched = it decided, skipped = looked at and left, refused = it ended the search. */
export interface ExplainStep {
  readonly stage: StepStage;
  readonly outcome: 'matched' | 'skipped' | 'refused' | 'info';
  readonly text: string;
}

/** The most steps one explanation holds; what comes after is counted, not kept. */
export const maxSteps = 500;

/** Collects steps; bounded, so that a rule set of any size can be explained. */
export class Recorder {
  readonly steps: ExplainStep[] = [];
  dropped = 0;

  add(stage: StepStage, outcome: ExplainStep['outcome'], text: string): void {
    if (this.steps.length < maxSteps) this.steps.push({ stage, outcome, text });
    else this.dropped += 1;
  }
}
