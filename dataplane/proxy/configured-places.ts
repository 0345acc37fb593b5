/** Places that the configuration names: nothing from the wire opens them, the operator has. PURE. */
import { canonicalAddress, parseAddress, parsePrefix, prefixHolds, type Prefix } from '../contract/address.ts';
import type { ConfigView, ViewTables } from '../routing/view.ts';
import type { WorkerHealth } from '../health/worker-health.ts';

/** The places of host names are read anew after that time. */
const freshMs = 5_000;

const words = new Int32Array(4);
const placeOf = (address: string, port: number): string => `${address} ${port}`;

/** Asked about forbidden targets only: the list is made when somebody asks. */
export class ConfiguredPlaces {
  #destinations: ViewTables['destinations'] | null = null;
  #madeMs = 0;
  readonly #places = new Set<string>();

  /** Whether a destination is at that address and port. */
  isDestination({ view, health, clock }: { readonly view: ConfigView; readonly health: WorkerHealth; readonly clock: { now(): number } }, address: string, port: number): boolean {
    const { destinations } = view.tables;
    const now = clock.now();
    if (this.#destinations !== destinations || now - this.#madeMs > freshMs) {
      this.#destinations = destinations;
      this.#madeMs = now;
      this.#places.clear();
      for (const { id, host, family, port: own } of destinations.values()) {
        if (family !== 0) this.#places.add(placeOf(canonicalAddress(host), own));
        else for (const place of health.targets(id, 4)) this.#places.add(placeOf(canonicalAddress(place.address), place.port));
      }
    }
    return this.#places.has(placeOf(canonicalAddress(address), port));
  }
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
