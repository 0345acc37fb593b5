/** docs/conformance.md says what the suites check. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tortureMessages } from '../../torture/corpus.ts';
import { checklist } from '../checklist.ts';
import { withParts } from '../document.ts';
import { differences } from '../kamailio/expected.ts';
import { tortureDifferences } from '../kamailio/torture-expected.ts';
import { points } from '../points.ts';

const page = readFileSync(new URL('../../../docs/conformance.md', import.meta.url), 'utf8');
const isMessage = (name: string): boolean => tortureMessages.some((message) => message.name === name);

describe('docs/conformance.md', () => {
  it('has the verdicts of the suites (else: node test/conformance/write-document.ts)', () => {
    expect(page).toBe(withParts(page));
  });

  it('compares rows and messages that exist', () => {
    expect(Object.keys(differences).filter((number) => checklist[Number(number) - 1] === undefined)).toEqual([]);
    expect(Object.keys(tortureDifferences).filter((name) => !isMessage(name))).toEqual([]);
  });

  it('has for each of the fifteen points tests that run', () => {
    expect(points).toHaveLength(15);
    for (const { rows, messages, also } of points) {
      expect(rows.length > 0 || also !== undefined).toBe(true);
      expect(rows.filter((number) => checklist[number - 1] === undefined)).toEqual([]);
      expect(messages.filter((name) => !isMessage(name))).toEqual([]);
    }
  });
});
