/** Sealed tokens of the flows that phones are reached by, remembered: sealing costs more than relaying. */
import { bytesOfAddress } from '../contract/address.ts';
import { sealFlow } from '../security/flow-token.ts';
import type { KeyRing } from '../security/key-ring.ts';
import type { Flow } from '../transport/flow.ts';

/** Flows remembered; the cache starts over when it is full. */
const capacity = 20_000;

export class FlowTokens {
  readonly #known = new Map<string, string>();
  #ring: KeyRing | null = null;

  /** The token of `flow` for phones of that tenant; '' for an address that no token can hold. */
  of(ring: KeyRing, flow: Flow, tenantId: number): string {
    if (this.#ring !== ring || this.#known.size >= capacity) {
      this.#known.clear();
      this.#ring = ring;
    }
    const key = `${flow.transport} ${flow.listener.id} ${flow.address} ${flow.port} ${flow.connection} ${tenantId}`;
    let token = this.#known.get(key);
    if (token === undefined) {
      const address = bytesOfAddress(flow.address);
      token = address === null ? '' : sealFlow(ring, {
        transport: flow.transport, family: flow.family, address, port: flow.port, tenantId, listener: flow.listener.id, connection: flow.connection,
      });
      this.#known.set(key, token);
    }
    return token;
  }
}
