/** The README's tour as data: each shell block with the output that the block behind it promises. */

export interface TourStep {
  readonly script: string;
  /** Runs on while later steps run. */
  readonly background: boolean;
  /** Lines that must show in the output; `…` stands for anything. */
  readonly expected: readonly RegExp[];
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Reads the steps between `<!-- tour -->` and `<!-- /tour -->`. */
export function readTour(readme: string): TourStep[] {
  const tour = readme.slice(readme.indexOf('<!-- tour -->'), readme.indexOf('<!-- /tour -->'));
  const steps: TourStep[] = [];
  for (const [, language, script = '', output] of tour.matchAll(/```(sh background|sh)\n([\s\S]*?)```\n(?:```text\n([\s\S]*?)```)?/g)) {
    const expected = (output ?? '').split('\n').filter((line) => line.trim() !== '').map((line) => new RegExp(`^\\s*${escape(line.trim()).replaceAll('…', '.*')}`));
    steps.push({ script, background: language === 'sh background', expected });
  }
  return steps;
}
