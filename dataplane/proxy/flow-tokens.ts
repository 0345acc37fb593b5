/** Sealed tokens of the flows that phones are reached by, remembered: sealing costs more than relaying. */
import { bytesOfAddress } from '../contract/address.ts';
import { sealFlow, type FlowIdentity } from '../security/flow-token.ts';
import type { KeyRing } from '../security/key-ring.ts';
import type { Flow } from '../transport/flow.ts';

/** Flows remembered; the cache starts over when it is full. */
const capacity = 20_000;

export class FlowTokens {
  readonly #known = new Map<string, string>();
  #ring: KeyRing | null = null;

  /** The token of `flow` for phones of that tenant, 0 = for a dialog only; '' for an address that no token can hold. */
  of(ring: KeyRing, flow: Flow, tenantId: number): string {
    this.#prepare(ring);
    const key = `${flow.transport} ${flow.listener.id} ${flow.address} ${flow.port} ${flow.connection} ${tenantId}`;
    let token = this.#known.get(key);
    if (token === undefined) this.#known.set(key, token = this.sealed(ring, flow, tenantId));
    return token;
  }

  /** The same, not remembered: for keys that do not sign. */
  sealed(ring: KeyRing, flow: Flow, tenantId: number): string {
    const address = bytesOfAddress(flow.address);
    return address === null ? '' : sealFlow(ring, {
      transport: flow.transport, family: flow.family, address, port: flow.port, tenantId, listener: flow.listener.id, connection: flow.connection,
    });
  }

  /** The token for the dialog of a call that has come by `token`, which is opened already as `flow`. */
  forDialog(ring: KeyRing, token: string, flow: FlowIdentity): string {
    this.#prepare(ring);
    let known = this.#known.get(token);
    if (known === undefined) this.#known.set(token, known = sealFlow(ring, { ...flow, tenantId: 0 }));
    return known;
  }

  #prepare(ring: KeyRing): void {
    if (this.#ring === ring && this.#known.size < capacity) return;
    this.#known.clear();
    this.#ring = ring;
  }
}
