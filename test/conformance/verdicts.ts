/** Runs scenarios and says what came of them. */
import type { Edge, MediaPolicy, StartEdge } from './edge.ts';
import { checklist } from './checklist.ts';
import { rows, type Row } from './row.ts';
import { World } from './world.ts';
import { DnsServer } from '../harness/dns-server.ts';
import type { TestCertificate } from '../harness/sip-wires.ts';

export interface Verdict {
  readonly number: number;
  readonly verdict: 'pass' | 'fail' | 'not run';
  /** '' for a pass. */
  readonly reason: string;
}

/** An edge with the worlds of each row. */
export class Course {
  readonly edge: Edge;
  readonly #worlds: ReadonlyMap<number, readonly World[]>;
  readonly #verdicts = new Map<number, Verdict>();

  readonly #dns: DnsServer;

  private constructor(edge: Edge, worlds: ReadonlyMap<number, readonly World[]>, dns: DnsServer) {
    this.edge = edge;
    this.#dns = dns;
    this.#worlds = worlds;
  }

  /** @param policies that the edge can be asked for: of a row with others too, the scenario runs for these only */
  static async start(start: StartEdge, wanted: readonly Row[], certificate: TestCertificate, policies: readonly MediaPolicy[]): Promise<Course> {
    const worlds = new Map<number, readonly World[]>();
    const dns = await DnsServer.open();
    for (const row of wanted) {
      const { media = ['direct'] } = row.needs;
      worlds.set(row.requirement.number, await Promise.all(media.filter((policy) => policies.includes(policy)).map((policy) => World.prepare(row, policy, certificate, dns))));
    }
    const all = [...worlds.values()].flat();
    const edge = await start(all.map(({ plan }) => plan), dns.address);
    for (const world of all) world.attach(edge);
    return new Course(edge, worlds, dns);
  }

  /** Runs one row. @returns the error that its scenario threw, or null */
  async run({ requirement: { number }, scenario }: Row): Promise<Error | null> {
    const worlds = this.#worlds.get(number) ?? [];
    if (worlds.length === 0) throw new Error(`row ${number} was not prepared`);
    let failure: Error | null = null;
    try {
      for (const world of worlds) await this.#runIn(world, scenario);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    this.#verdicts.set(number, { number, verdict: failure === null ? 'pass' : 'fail', reason: failure === null ? '' : firstLine(failure.message) });
    return failure;
  }

  async #runIn(world: World, scenario: Row['scenario']): Promise<void> {
    await scenario(world);
    const unreadable = world.backends.flatMap(({ socket }) => socket.unreadable);
    if (unreadable.length > 0) throw new Error(`no SIP message at a backend: ${JSON.stringify(unreadable[0])}`);
    if (!this.edge.running) throw new Error(`${this.edge.name} is not running any more`);
  }

  /**
   * The whole checklist: what ran, and what did not with the reason for it.
   * @param notRun reasons for rows that this edge cannot be asked
   */
  verdicts(notRun: Readonly<Record<number, string>> = {}): readonly Verdict[] {
    return checklist.map(({ number }) => this.#verdicts.get(number) ?? { number, verdict: 'not run', reason: notRun[number] ?? 'no reason' });
  }

  async stop(): Promise<void> {
    for (const world of [...this.#worlds.values()].flat()) await world.close();
    await this.edge.stop();
    await this.#dns.close();
  }
}

const escapes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
const firstLine = (text: string): string => (text.split('\n')[0] ?? '').replaceAll(escapes, '').slice(0, 160);

/** The table that a suite prints at its end. */
export function tableOf(verdicts: readonly Verdict[]): string {
  const lines = verdicts.map(({ number, verdict, reason }) => {
    const { section, text } = checklist[number - 1] ?? { section: '', text: '' };
    return `${section} ${String(number).padStart(3)}  ${verdict.padEnd(8)} ${text}${reason === '' ? '' : `  [${reason}]`}`;
  });
  const count = (verdict: string): number => verdicts.filter((one) => one.verdict === verdict).length;
  return [...lines, `${verdicts.length} rows: ${count('pass')} pass, ${count('fail')} fail, ${count('not run')} not run`].join('\n');
}

/** Requirements without a scenario: there must be none. */
export const missing = (): readonly number[] => {
  const known = new Set(rows().map(({ requirement }) => requirement.number));
  return checklist.map(({ number }) => number).filter((number) => !known.has(number));
};
