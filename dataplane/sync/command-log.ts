/**
 * Commands run once each, although the server sends them again after a reconnect: results are remembered by id. Those
 * named `….list` only read and run again: their answers are too large to be kept.
 */
import { channel } from '../contract/wire.ts';
import type { NodeMessage, ServerMessage } from '../contract/wire.ts';

type Command = Extract<ServerMessage, { t: 'cmd' }>;
type CommandAnswer = Extract<NodeMessage, { t: 'result' }>;

export class CommandLog {
  private readonly run: (name: string, args: unknown) => Promise<unknown>;
  private readonly known = new Map<string, Promise<CommandAnswer>>();

  /** @param run executes a command; a rejection becomes the answer's error. */
  constructor(run: (name: string, args: unknown) => Promise<unknown>) {
    this.run = run;
  }

  /** The answer to a command; the same one however often it comes. Never rejects. */
  answer(command: Command): Promise<CommandAnswer> {
    const known = this.known.get(command.id);
    if (known !== undefined) return known;
    const answer = this.execute(command);
    if (command.name.endsWith('.list')) return answer;
    this.known.set(command.id, answer);
    if (this.known.size > channel.commandsRemembered) {
      const [oldest] = this.known.keys();
      if (oldest !== undefined) this.known.delete(oldest);
    }
    return answer;
  }

  private async execute({ id, name, args }: Command): Promise<CommandAnswer> {
    try {
      const data = await this.run(name, args);
      return { t: 'result', id, ok: true, data: data ?? null, error: '' };
    } catch (error) {
      return { t: 'result', id, ok: false, data: null, error: (error instanceof Error ? error.message : String(error)).slice(0, 1_024) };
    }
  }
}
