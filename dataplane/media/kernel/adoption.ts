/** What a former process has left in the kernel, read back as the flows that it was. */
import type { OffloadCounts, OffloadFlow } from '../offload.ts';
import { isIP } from 'node:net';
import type { Family, Side } from '../relay.ts';
import { readComment, type ElementName } from './changes.ts';
import type { CountedElement } from './element-reader.ts';
import { tallyOf } from './tally.ts';

interface Half {
  readonly name: ElementName;
  readonly element: CountedElement;
}

/**
 * Pairs the elements of both directions of each stream. Both were made in one step, so one alone is nobody's, and so is one
 * whose comment is not of ours.
 */
export function pairElements(elements: readonly CountedElement[]): { readonly flow: OffloadFlow; readonly counts: OffloadCounts }[] {
  const halves = new Map<string, Partial<Record<Side, Half>>>();
  for (const element of elements) {
    const name = readComment(element.comment);
    if (name === null) continue;
    const key = `${name.session}/${name.stream}`;
    const pair = halves.get(key) ?? {};
    pair[name.side] = { name, element };
    halves.set(key, pair);
  }
  const found: { flow: OffloadFlow; counts: OffloadCounts }[] = [];
  for (const { caller, callee } of halves.values()) {
    if (caller === undefined || callee === undefined) continue;
    const family = isIP(caller.element.remoteAddress) as Family | 0;
    if (family === 0 || isIP(callee.element.remoteAddress) !== family) continue;
    const { session, stream, mux } = caller.name;
    found.push({
      flow: { session, stream, family, caller: legOf(caller), callee: legOf(callee), mux },
      counts: { caller: tallyOf(caller.element, family), callee: tallyOf(callee.element, family) },
    });
  }
  return found;
}

const legOf = ({ name, element }: Half): OffloadFlow[Side] => ({
  remote: { address: element.remoteAddress, port: element.remotePort },
  local: { address: name.localAddress, port: element.localPort },
});
