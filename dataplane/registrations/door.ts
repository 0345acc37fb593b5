/** What the proxy of a worker knows of registrations, and whom it tells. */
import type { BindingChange } from './binding.ts';

export interface RegistrationDoor {
  /** Whether the node has that binding already. */
  known(tenant: number, aor: string, contact: string): boolean;
  /** Whether a phone is registered from that numeric address and port, by UDP. */
  isPhone(address: string, port: number): boolean;
  /** A registrar has accepted a REGISTER. */
  changed(change: BindingChange): void;
}
