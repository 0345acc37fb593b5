/**
 * Connections that their other end wants to be used for requests to a port of its own (RFC 5923): which worker has them, and
 * whom the client certificate names. Only that certificate decides who is reached by it.
 */
import { X509Certificate } from 'node:crypto';
import { fitsName } from './certificate-names.ts';
import { Address } from './flow.ts';
import type { Family, Target } from './flow.ts';

/** What workers tell each other of an alias. */
export interface AliasNotice {
  /** The other end, and the port that it wants to be reached at. */
  readonly family: Family;
  readonly address: string;
  readonly aliasPort: number;
  /** Port and number of the connection that leads there. */
  readonly port: number;
  readonly connection: number;
  /** PEM of the verified client certificate; '' = the connection is gone. */
  readonly certificate: string;
}

interface Alias {
  readonly way: Target;
  readonly certificate: X509Certificate;
}

/** Aliases kept; more are not honoured. */
const capacity = 10_000;

export class Aliases {
  readonly #byPlace = new Map<string, Alias>();

  note({ family, address, aliasPort, port, connection, certificate }: AliasNotice): void {
    const key = `${address} ${aliasPort}`;
    if (certificate === '') {
      if (this.#byPlace.get(key)?.way.connection === connection) this.#byPlace.delete(key);
    } else if (this.#byPlace.size < capacity || this.#byPlace.has(key)) {
      this.#byPlace.set(key, { way: new Address('tls', family, address, port, null, connection), certificate: new X509Certificate(certificate) });
    }
  }

  /** The connection for requests to `target` over TLS; null = none, or not to be trusted with them. */
  find({ address, port, serverName }: Target): Target | null {
    if (this.#byPlace.size === 0) return null;
    const alias = this.#byPlace.get(`${address} ${port}`);
    return alias !== undefined && fitsName(alias.certificate, serverName === '' ? address : serverName) ? alias.way : null;
  }
}
