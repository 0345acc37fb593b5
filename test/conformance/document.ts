/** The generated parts of docs/conformance.md, from the same data that the suites check. */
import { tortureMessages } from '../torture/corpus.ts';
import { checklist, sections } from './checklist.ts';
import { differences } from './kamailio/expected.ts';
import { tortureDifferences } from './kamailio/torture-expected.ts';
import { points } from './points.ts';
import { verdictOf } from './signalbox/torture-verdicts.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');
const table = (head: readonly string[], lines: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');

function checklistPart(): string {
  const parts = Object.entries(sections).map(([section, title]) => {
    const lines = checklist.filter((row) => row.section === section).map(({ number, text, rfc }) => [String(number), text, rfc, 'pass', differences[number]?.verdict ?? 'pass']);
    return `### ${section}. ${title}\n\n${table(['#', 'requirement', 'where', 'Signalbox', 'Kamailio'], lines)}`;
  });
  return [`${checklist.length} rows, and all pass: the suite fails where one has no scenario, or does not pass it.`, ...parts].join('\n\n');
}

function torturePart(): string {
  const lines = tortureMessages.map(({ name, rfc, section }) => {
    const [stranger, trunk] = [verdictOf(name, 'stranger'), verdictOf(name, 'trunk')];
    return [name, `${rfc} §${section}`, stranger.verdict, trunk.verdict, `${stranger.corrected === true ? 'corrected: ' : ''}${stranger.reason}`];
  });
  return table(['message', 'where', 'from a stranger', 'from a trunk', 'why'], lines);
}

function differencePart(): string {
  const rowLines = Object.entries(differences).map(([number, { verdict, reason }]) => [`row ${number}: ${checklist[Number(number) - 1]?.text ?? ''}`, verdict, reason]);
  const messageLines = Object.entries(tortureDifferences).map(([name, { verdict, reason }]) => [`message ${name}`, verdict, reason]);
  return table(['what', 'Kamailio', 'why'], [...rowLines, ...messageLines]);
}

function pointPart(): string {
  const lines = points.map(({ text, rows, messages, also }, i) => {
    const shown = [rows.length === 0 ? '' : `row${rows.length === 1 ? '' : 's'} ${rows.join(', ')}`, messages.length === 0 ? '' : `message${messages.length === 1 ? '' : 's'} ${messages.join(', ')}`, also ?? ''].filter((part) => part !== '');
    return [String(i + 1), text, shown.join('; ')];
  });
  return table(['#', 'point', 'shown by'], lines);
}

/** Text of each generated part, by its marker. */
export const documentParts = (): Readonly<Record<string, string>> => ({ points: pointPart(), checklist: checklistPart(), torture: torturePart(), differences: differencePart() });

const open = (name: string): string => `<!-- conformance:${name} -->`;
const close = (name: string): string => `<!-- /conformance:${name} -->`;

/** The page with its generated parts as the data has them. Throws for a marker that is not there. */
export function withParts(page: string): string {
  let text = page;
  for (const [name, part] of Object.entries(documentParts())) {
    const start = text.indexOf(open(name));
    const end = text.indexOf(close(name));
    if (start < 0 || end < start) throw new Error(`docs/conformance.md has no part between ${open(name)} and ${close(name)}`);
    text = `${text.slice(0, start + open(name).length)}\n${part}\n${text.slice(end)}`;
  }
  return text;
}
