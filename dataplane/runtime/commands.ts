/** Commands that the control plane may send to this node (push channel: ephemeral actions only). */
import type { Prober } from '../health/prober.ts';
import type { Binding } from '../registrations/binding.ts';
import { listCalls, type AskMedia, type AskWorker } from './call-list.ts';
import type { Registrations } from './registrations.ts';
import type { Logger } from './log.ts';

/** What one answer holds: it has to fit into a frame of the push channel, whatever phones write. */
const maxRegistrations = 250;
const maxCalls = 100;
const shownLength = 512;

export interface CommandTargets {
  readonly prober: Prober;
  readonly registrations: Pick<Registrations, 'page'>;
  readonly calls: AskWorker;
  readonly media: AskMedia;
  readonly log: Logger;
}

/**
 * Runs one command.
 * `probe.now {destination: id}` → the probe's result; `log.level {level}` → {level};
 * `registrations.list {tenant?: id, text?, cursor?, limit?}` → a page of what phones registered through this node;
 * `calls.list`, likewise → a page of the calls that this node has up (see `listCalls`; its cursor is a text).
 * @throws Error with a sentence for the operator: unknown command, wrong arguments, unknown destination
 */
export async function runCommand(targets: CommandTargets, name: string, args: unknown): Promise<unknown> {
  const fields = typeof args === 'object' && args !== null ? (args as Readonly<Record<string, unknown>>) : {};
  switch (name) {
    case 'probe.now': {
      const { destination } = fields;
      if (typeof destination !== 'number') throw new Error('probe.now needs the number of a destination');
      const result = await targets.prober.probeNow(destination);
      if (!result.ok) throw new Error(`destination ${destination} cannot be probed: ${result.error}`);
      return result.value;
    }
    case 'registrations.list': {
      const { cursor } = fields;
      const page = targets.registrations.page({ ...listing(fields, maxRegistrations), cursor: typeof cursor === 'number' ? cursor : 0 });
      return { ...page, items: page.items.map(shown) };
    }
    case 'calls.list': {
      const { cursor } = fields;
      return listCalls(targets.calls, targets.media, listing(fields, maxCalls), typeof cursor === 'string' ? cursor : '', Date.now);
    }
    case 'log.level': {
      const { level } = fields;
      if (typeof level !== 'string' || !(level in targets.log.levels.values)) throw new Error('log.level needs one of the log levels');
      targets.log.level = level;
      return { level };
    }
    default:
      throw new Error(`this node does not know the command ${name}`);
  }
}

/** What both lists take. */
function listing({ tenant, text, limit }: Readonly<Record<string, unknown>>, maxPage: number) {
  return {
    ...(typeof tenant === 'number' ? { tenant } : {}), text: typeof text === 'string' ? text : '',
    limit: typeof limit === 'number' ? Math.min(Math.max(1, limit), maxPage) : maxPage,
  };
}

const shown = (binding: Binding): Binding => ({ ...binding, aor: binding.aor.slice(0, shownLength), contact: binding.contact.slice(0, shownLength) });
