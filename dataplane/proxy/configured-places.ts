/** Places that the configuration names: nothing from the wire opens them, the operator has. PURE. */
import { canonicalAddress, parseAddress, parsePrefix, prefixHolds, type Prefix } from '../contract/address.ts';
import type { ConfigView, ViewTables } from '../routing/view.ts';
import type { WorkerHealth } from '../health/worker-health.ts';

/** The places of host names are read anew after that time. */
const freshMs = 5_000;

const words = new Int32Array(4);
const placeOf = (address: string, port: number): string => `${address} ${port}`;

interface Situation {
  readonly view: ConfigView;
  readonly health: WorkerHealth;
  readonly clock: { now(): number };
}

/** The lists are made when somebody asks. */
export class ConfiguredPlaces {
  #destinations: ViewTables['destinations'] | null = null;
  /** Destinations with host names. */
  #named: readonly number[] = [];
  #madeMs = 0;
  /** Addresses, and addresses with their ports; those behind host names apart. */
  readonly #fixed = new Set<string>();
  readonly #behindNames = new Set<string>();

  /** Whether a destination is at that address and port. */
  isDestination(situation: Situation, address: string, port: number): boolean {
    return this.#has(situation, placeOf(canonicalAddress(address), port));
  }

  /** Whether a destination is at that address, whatever its port. */
  isDestinationHost(situation: Situation, address: string): boolean {
    return this.#has(situation, canonicalAddress(address));
  }

  #has(situation: Situation, key: string): boolean {
    this.#refresh(situation);
    return this.#fixed.has(key) || this.#behindNames.has(key);
  }

  #refresh({ view, health, clock }: Situation): void {
    const { destinations } = view.tables;
    const now = clock.now();
    const changed = this.#destinations !== destinations;
    if (changed) {
      this.#destinations = destinations;
      this.#fixed.clear();
      const named: number[] = [];
      for (const { id, host, family, port } of destinations.values()) {
        if (family === 0) named.push(id);
        else note(this.#fixed, host, port);
      }
      this.#named = named;
    }
    if (!changed && now - this.#madeMs <= freshMs) return;
    this.#madeMs = now;
    this.#behindNames.clear();
    for (const id of this.#named) for (const place of health.targets(id, 4)) note(this.#behindNames, place.address, place.port);
  }
}

function note(places: Set<string>, host: string, port: number): void {
  const address = canonicalAddress(host);
  places.add(address).add(placeOf(address, port));
}

/** Whether an enabled trunk names the address, or a network that lies in `network`: a trunk for everybody opens nothing. */
export function isTrunk(view: ConfigView, address: string, network: Prefix): boolean {
  const trunk = view.trunk(address);
  if (trunk === null) return false;
  const family = parseAddress(address, words);
  return trunk.sources.some((source) => {
    const prefix = parsePrefix(source);
    return prefix !== null && prefix.family === family && prefix.bits >= network.bits && prefixHolds(prefix, words);
  });
}
