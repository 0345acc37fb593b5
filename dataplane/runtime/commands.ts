/** Commands that the control plane may send to this node (push channel: ephemeral actions only). */
import type { Prober } from '../health/prober.ts';
import type { Registrations } from './registrations.ts';
import type { Logger } from './log.ts';

/** Registrations in one answer: it has to fit into a frame of the push channel. */
const maxPage = 500;

export interface CommandTargets {
  readonly prober: Prober;
  readonly registrations: Registrations;
  readonly log: Logger;
}

/**
 * Runs one command.
 * `probe.now {destination: id}` → the probe's result; `log.level {level}` → {level};
 * `registrations.list {tenant?: id, text?, cursor?, limit?}` → a page of what phones registered through this node.
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
      const { tenant, text, cursor, limit } = fields;
      return targets.registrations.page({
        ...(typeof tenant === 'number' ? { tenant } : {}), text: typeof text === 'string' ? text : '',
        cursor: typeof cursor === 'number' ? cursor : 0, limit: typeof limit === 'number' ? Math.min(Math.max(1, limit), maxPage) : maxPage,
      });
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
