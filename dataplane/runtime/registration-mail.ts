/** A worker's side of the registrations: asks the shared set, and tells the main thread in batches. */
import { bindingKey, phoneKey, type BindingChange } from '../registrations/binding.ts';
import type { RegistrationDoor } from '../registrations/door.ts';
import { KnownBindings } from '../registrations/known-bindings.ts';

export class RegistrationMail implements RegistrationDoor {
  readonly #known: KnownBindings;
  readonly #send: (changes: readonly BindingChange[]) => void;
  #waiting: BindingChange[] = [];

  /** @param bindings of the main thread; @param send hands a batch to it */
  constructor(bindings: SharedArrayBuffer, send: (changes: readonly BindingChange[]) => void) {
    this.#known = new KnownBindings(bindings);
    this.#send = send;
  }

  known(tenant: number, aor: string, contact: string): boolean {
    return this.#known.has(bindingKey(tenant, aor, contact));
  }

  isPhone(address: string, port: number): boolean {
    return this.#known.has(phoneKey(address, port));
  }

  /** What one turn of the event loop brings goes in one message. */
  changed(change: BindingChange): void {
    if (this.#waiting.push(change) > 1) return;
    setImmediate(() => {
      const changes = this.#waiting;
      this.#waiting = [];
      this.#send(changes);
    });
  }
}
