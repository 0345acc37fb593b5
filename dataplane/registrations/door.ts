/** What the proxy of a worker knows of registrations, and whom it tells. */
import type { BindingChange } from './binding.ts';

export interface RegistrationDoor {
  /** Whether the node has that binding already. */
  known(tenant: number, aor: string, contact: string): boolean;
  /** A registrar has accepted a REGISTER. */
  changed(change: BindingChange): void;
}
