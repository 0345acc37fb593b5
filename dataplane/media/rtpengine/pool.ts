/** The rtpengines of the settings: asked for a sign of life every second, chosen among for new calls, and reached by name or address. */
import { lookup } from 'node:dns';
import { literalFamily } from '../../contract/address.ts';
import type { RtpengineReport } from '../../contract/media.ts';
import { err } from '../../contract/result.ts';
import type { RtpengineInstance } from '../../contract/rows.ts';
import { parseHostPort } from '../../contract/target.ts';
import { textAt, type BencodeFields } from './bencode.ts';
import { chooseInstance, observed, unknownHealth, type InstanceHealth } from './instance-choice.ts';
import { NgClient, type NgAnswer } from './ng-client.ts';

export interface PoolEvents {
  up(address: string): void;
  /** @param reason a sentence: what became of the last request */
  down(address: string, reason: string): void;
}

const pingMs = 1_000;
/** A name is looked up again so often. */
const lookUpMs = 30_000;

class Instance {
  readonly address: string;
  /** null = it is in the settings no more, but has calls. */
  settings: RtpengineInstance | null = null;
  health: InstanceHealth = unknownHealth;
  reason = '';
  client: NgClient | null = null;
  /** What its name was last found to be. */
  at = '';
  lookedUpMs = -Infinity;
  /** When it last answered anything. */
  heardMs = -Infinity;

  constructor(address: string) {
    this.address = address;
  }
}

export class RtpenginePool {
  readonly #events: PoolEvents;
  readonly #random: () => number;
  readonly #instances = new Map<string, Instance>();
  readonly #timer: NodeJS.Timeout;

  /** @param random 0 to below 1 */
  constructor(events: PoolEvents, random: () => number = Math.random) {
    this.#events = events;
    this.#random = random;
    this.#timer = setInterval(() => this.#ping(), pingMs);
    this.#timer.unref();
  }

  /** Takes the pool of the settings; instances that stay keep their health. */
  configure(instances: readonly RtpengineInstance[]): void {
    for (const instance of this.#instances.values()) instance.settings = null;
    for (const settings of instances) this.#instance(settings.address).settings = settings;
    this.#ping();
  }

  /** The instance for a new call; null = none is left. */
  choose(tried: ReadonlySet<string>): string | null {
    const candidates = [...this.#instances.values()].flatMap(({ settings, health }) => (settings === null ? [] : [{ ...settings, state: health.state }]));
    return chooseInstance(candidates, tried, this.#random());
  }

  isDown(address: string): boolean {
    return this.#instances.get(address)?.health.state === 'down';
  }

  /** @param done called exactly once, within `answerMs` or, for a name, the time of a look-up more */
  request(address: string, fields: BencodeFields, done: (answer: NgAnswer) => void): void {
    const instance = this.#instance(address);
    const sentMs = performance.now();
    const isPing = fields['command'] === 'ping';
    const answered = (answer: NgAnswer): void => {
      if (answer.ok && isPing && textAt(answer.value, 'result') !== 'pong') this.#observe(instance, false, 'it answers a ping with something else than pong');
      else if (answer.ok) {
        instance.heardMs = performance.now();
        // One that is down is up again by pongs alone: under a storm of requests some always get through.
        if (isPing || instance.health.state !== 'down') this.#observe(instance, true, '');
      } else if (instance.heardMs < sentMs) {
        // Who answered others meanwhile is slow, not dead.
        this.#observe(instance, false, answer.error);
      }
      done(answer);
    };
    this.#reach(instance, (client) => {
      if (typeof client === 'string') answered(err(client));
      else client.request(fields, answered);
    });
  }

  /** @param sessions how many an instance has */
  states(sessions: ReadonlyMap<string, number>): RtpengineReport[] {
    return [...this.#instances.values()]
      .filter(({ address, settings }) => settings !== null || sessions.has(address))
      .map(({ address, health, reason }) => ({ address, state: health.state, sessions: sessions.get(address) ?? 0, reason }));
  }

  /** Forgets instances that are neither in the settings nor in use. */
  prune(sessions: ReadonlyMap<string, number>): void {
    for (const [address, { settings, client }] of this.#instances) {
      if (settings !== null || sessions.has(address) || (client?.underWay ?? 0) > 0) continue;
      client?.close();
      this.#instances.delete(address);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { client } of this.#instances.values()) client?.close();
    this.#instances.clear();
  }

  #instance(address: string): Instance {
    let instance = this.#instances.get(address);
    if (instance === undefined) {
      instance = new Instance(address);
      this.#instances.set(address, instance);
    }
    return instance;
  }

  #ping(): void {
    for (const { address, settings } of this.#instances.values()) {
      if (settings === null) continue;
      this.request(address, { command: 'ping' }, () => undefined);
    }
  }

  #observe(instance: Instance, alive: boolean, reason: string): void {
    const before = instance.health.state;
    instance.health = observed(instance.health, alive);
    const { state } = instance.health;
    if (!alive) instance.reason = reason;
    else if (state === 'up') instance.reason = '';
    if (state === before || this.#instances.get(instance.address) !== instance) return;
    if (state === 'down') this.#events.down(instance.address, reason);
    else if (before === 'down') this.#events.up(instance.address);
  }

  /** The client of the instance's present address, or a sentence why there is none. */
  #reach(instance: Instance, then: (client: NgClient | string) => void): void {
    const place = parseHostPort(instance.address);
    if (place === null) then(`${instance.address} is no host:port`);
    else if (literalFamily(place.host) !== 0) then(this.#client(instance, place.host, place.port));
    else if (instance.client === null) this.#lookUp(instance, place.host, (why) => then(why ?? this.#client(instance, instance.at, place.port)));
    else {
      // A name may point elsewhere now; until that is known, it is where it was.
      if (performance.now() - instance.lookedUpMs >= lookUpMs) this.#lookUp(instance, place.host, () => void this.#client(instance, instance.at, place.port));
      then(instance.client);
    }
  }

  /** @param then gets a sentence when the name has no address */
  #lookUp(instance: Instance, host: string, then: (why: string | null) => void): void {
    instance.lookedUpMs = performance.now();
    lookup(host, (error, at) => {
      if (error === null) instance.at = at;
      then(error === null || instance.at !== '' ? null : `${host} has no address: ${error.code ?? error.message}`);
    });
  }

  #client(instance: Instance, at: string, port: number): NgClient {
    if (instance.client !== null && instance.client.address === at) return instance.client;
    instance.client?.close();
    instance.client = new NgClient(at, port);
    return instance.client;
  }
}
