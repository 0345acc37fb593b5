/** Compares a whole machine, every state with every event, with a table written down from the RFCs. */
import { expect } from 'vitest';
import { effect, stateMask } from '../../../dataplane/transaction/step.ts';

const effectNames = Object.entries(effect);

/** `state: effect effect`, the effects in the order of their bits. */
const describeStep = (step: number, states: readonly string[]): string =>
  [`${states[step & stateMask] ?? '?'}:`, ...effectNames.filter(([, bit]) => (step & bit) !== 0).map(([name]) => name)].join(' ');

const namesOf = (numbers: Readonly<Record<string, number>>): string[] =>
  Object.entries(numbers).sort(([, a], [, b]) => a - b).map(([name]) => name);

/** @param expected `state event` → `next: effects`; a pair that is not named must change nothing. */
export function expectMatrix(
  step: (state: number, event: number) => number,
  states: Readonly<Record<string, number>>,
  events: Readonly<Record<string, number>>,
  expected: Readonly<Record<string, string>>,
): void {
  const stateNames = namesOf(states);
  const actual: Record<string, string> = {};
  const wanted: Record<string, string> = {};
  for (const [stateName, state] of Object.entries(states)) {
    for (const [eventName, event] of Object.entries(events)) {
      actual[`${stateName} ${eventName}`] = describeStep(step(state, event), stateNames);
      wanted[`${stateName} ${eventName}`] = `${stateName}:`;
    }
  }
  expect(Object.keys(wanted)).toEqual(expect.arrayContaining(Object.keys(expected)));
  expect(actual).toEqual({ ...wanted, ...expected });
}
