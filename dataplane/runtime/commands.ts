/** Commands that the control plane may send to this node (push channel: ephemeral actions only). */
import type { Prober } from '../health/prober.ts';
import type { Logger } from './log.ts';

export interface CommandTargets {
  readonly prober: Prober;
  readonly log: Logger;
}

/**
 * Runs one command.
 * `probe.now {destination: id}` → the probe's result; `log.level {level}` → {level}.
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
