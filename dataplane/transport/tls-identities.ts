/** The certificates that a worker shows and trusts: chosen by server name, replaced without touching open connections. */
import { createSecureContext, getCACertificates } from 'node:tls';
import type { SecureContext } from 'node:tls';

/** One certificate with its key, checked by the main thread (see runtime/certificates.ts). */
export interface Identity {
  /** `row:NAME`, `file:PATH` or `self-signed`. */
  readonly id: string;
  /** Lower-case names that it is shown for; wildcards as `*.x`. */
  readonly names: readonly string[];
  /** PEM. */
  readonly chain: string;
  readonly key: string;
}

/** How TLS is done on this node (`setting.tls`). */
export interface TlsPolicy {
  readonly clientCertificates: 'off' | 'request' | 'require';
  readonly ca: string;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly verifyDestinations: boolean;
}

/** All of it, as the main thread tells it; structured-cloned. */
export interface TlsState {
  readonly policy: TlsPolicy;
  readonly identities: readonly Identity[];
}

export const selfSignedId = 'self-signed';
/** A certificate of the configuration with this name is shown to who names no server, or one that no certificate fits. */
const defaultRow = 'row:default';

/** A file name as the id of the identity in it. */
export const fileId = (path: string): string => `file:${path}`;

export class TlsIdentities {
  #policy: TlsPolicy;
  #byId = new Map<string, Identity>();
  #byName = new Map<string, string>();
  #contexts = new Map<string, SecureContext>();
  #outgoing: SecureContext | null = null;
  #version = 0;

  constructor({ policy, identities }: TlsState) {
    this.#policy = policy;
    this.#take(identities);
  }

  get policy(): TlsPolicy {
    return this.#policy;
  }

  /** Grows with each change: what was made from a former state is stale. */
  get version(): number {
    return this.#version;
  }

  /** Replaces everything; a certificate that stays the same keeps its context. */
  update({ policy, identities }: TlsState): void {
    if (policy.ca !== this.#policy.ca || policy.minVersion !== this.#policy.minVersion || policy.clientCertificates !== this.#policy.clientCertificates) this.#contexts.clear();
    this.#policy = policy;
    this.#take(identities);
  }

  /**
   * The certificate for a server name (RFC 6066 §3): exact, then wildcard, then the default. Among several for one name the
   * listener's own file comes first.
   * @param serverName '' = none was asked for
   * @param own id of the listener's file, '' = it has none
   */
  choose(serverName: string, own: string): Identity | null {
    const name = serverName.toLowerCase();
    const file = this.#byId.get(own);
    const parent = `*${name.slice(name.indexOf('.'))}`;
    const named = (wanted: string): Identity | undefined =>
      (file?.names.includes(wanted) === true ? file : this.#byId.get(this.#byName.get(wanted) ?? ''));
    const found = name === '' ? undefined : (named(name) ?? (name.includes('.') ? named(parent) : undefined));
    return found ?? file ?? this.#default();
  }

  /** Ready for handshakes that others begin. */
  contextOf(identity: Identity): SecureContext {
    let context = this.#contexts.get(identity.id);
    if (context === undefined) {
      context = createSecureContext({ cert: identity.chain, key: identity.key, minVersion: this.#policy.minVersion, ca: this.clientRoots() });
      this.#contexts.set(identity.id, context);
    }
    return context;
  }

  /** For connections that we open: shows the default certificate to who asks for one, unless we signed it ourselves. */
  outgoing(): SecureContext {
    const shown = this.#default();
    this.#outgoing ??= createSecureContext({
      minVersion: this.#policy.minVersion,
      ca: [...systemRoots(), ...(this.#policy.ca === '' ? [] : [this.#policy.ca])],
      ...(shown === null || shown.id === selfSignedId ? {} : { cert: shown.chain, key: shown.key }),
    });
    return this.#outgoing;
  }

  /** Roots of client certificates: the operator's if there are any, as every owner of a domain gets one from the system's. */
  clientRoots(): string[] {
    if (this.#policy.clientCertificates === 'off') return [];
    return this.#policy.ca === '' ? systemRoots() : [this.#policy.ca];
  }

  #default(): Identity | null {
    return this.#byId.get(defaultRow) ?? this.#firstRow() ?? this.#byId.get(selfSignedId) ?? null;
  }

  #firstRow(): Identity | undefined {
    for (const [id, identity] of this.#byId) if (id.startsWith('row:')) return identity;
    return undefined;
  }

  #take(identities: readonly Identity[]): void {
    const former = this.#byId;
    this.#version += 1;
    this.#outgoing = null;
    this.#byId = new Map([...identities].sort((a, b) => (a.id < b.id ? -1 : 1)).map((identity) => [identity.id, identity]));
    this.#byName = new Map();
    for (const { id, names } of this.#byId.values()) {
      // A listener's file is shown at its own listener only.
      if (id.startsWith('row:')) for (const name of names) if (!this.#byName.has(name)) this.#byName.set(name, id);
    }
    for (const id of this.#contexts.keys()) {
      const [was, is] = [former.get(id), this.#byId.get(id)];
      if (is === undefined || was?.chain !== is.chain || was.key !== is.key) this.#contexts.delete(id);
    }
  }
}

let roots: string[] | null = null;

/** Of the operating system; where it has none, those that Node brings. */
function systemRoots(): string[] {
  if (roots === null) {
    const system = getCACertificates('system');
    roots = system.length > 0 ? system : getCACertificates('bundled');
  }
  return roots;
}
