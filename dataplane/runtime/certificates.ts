/**
 * The node's certificates, gathered on the main thread for the workers: rows of the configuration, files named in listeners,
 * and a self-signed one for TLS listeners that would have none. A certificate that cannot be used is left out and logged;
 * at the start, a listener's own file that cannot be used stops it.
 */
import { mkdirSync, readFileSync, unwatchFile, watchFile, writeFileSync } from 'node:fs';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { SecureContext } from 'node:tls';
import { familyOf } from '../contract/address.ts';
import { err, ok, type Result } from '../contract/result.ts';
import { defaultSetting, type CertificateRow, type RowOp } from '../contract/rows.ts';
import { openSecret } from '../contract/sealed.ts';
import type { ClusterKey } from '../contract/wire.ts';
import type { ListenSetting } from '../listen-setting.ts';
import type { ProbeTls } from '../health/probe.ts';
import { makeCertificate } from '../security/x509.ts';
import { isSecure } from '../transport/flow.ts';
import { fileId, selfSignedId, TlsIdentities, type Identity, type TlsPolicy, type TlsState } from '../transport/tls-identities.ts';
import type { Logger } from './log.ts';

const watchMs = 5_000;
const selfSignedDays = 3_650;

export interface CertificatesOptions {
  /** The node's own folder, existing. */
  readonly folder: string;
  readonly listen: readonly ListenSetting[];
  /** Host names of this node, for the self-signed certificate. */
  readonly names: readonly string[];
  readonly log: Logger;
  /** There is something new for the workers. */
  onChange(state: TlsState): void;
}

/** A listener's own certificate cannot be used; `message` is one sentence for the operator. */
export class CertificateRefused extends Error {}

export class Certificates {
  readonly #options: CertificatesOptions;
  readonly #rows = new Map<string, CertificateRow>();
  readonly #ready = new Map<string, Identity>();
  readonly #secure: readonly ListenSetting[];
  #keys: readonly ClusterKey[] = [];
  #policy: TlsPolicy = defaultSetting.tls;
  #calling: SecureContext | null = null;

  /** @throws CertificateRefused */
  constructor(options: CertificatesOptions) {
    this.#options = options;
    this.#secure = options.listen.filter(({ transport }) => isSecure(transport));
    for (const { certFile, keyFile } of this.#files()) {
      const identity = readFiles(certFile, keyFile);
      if (!identity.ok) throw new CertificateRefused(`SIGNALBOX_LISTEN: ${identity.error}.`);
      this.#ready.set(identity.value.id, identity.value);
      for (const file of [certFile, keyFile]) watchFile(file, { interval: watchMs, persistent: false }, () => this.reload());
    }
    if (this.#secure.some(({ certFile }) => certFile === '')) this.#ready.set(selfSignedId, this.#selfSigned());
  }

  get state(): TlsState {
    return { policy: this.#policy, identities: [...this.#ready.values()] };
  }

  /** How the workers call destinations, for probes to do the same. */
  forProbes(): ProbeTls {
    this.#calling ??= new TlsIdentities(this.state).outgoing();
    return { context: this.#calling, verify: this.#policy.verifyDestinations };
  }

  /** Takes the changes of a revision in. */
  apply(ops: readonly RowOp[]): void {
    let changed = false;
    for (const op of ops) {
      if (op.table === 'setting') {
        changed ||= !samePolicy(this.#policy, op.row?.tls ?? defaultSetting.tls);
        this.#policy = op.row?.tls ?? defaultSetting.tls;
      } else if (op.table === 'certificate') {
        changed = true;
        if (op.row === null) this.#rows.delete(op.key);
        else this.#rows.set(op.key, op.row);
        this.#open(op.key);
      }
    }
    if (changed) this.#changed();
  }

  /** With other keys other rows may open. */
  useKeys(keys: readonly ClusterKey[]): void {
    this.#keys = keys;
    if (this.#rows.size === 0) return;
    for (const name of this.#rows.keys()) this.#open(name);
    this.#changed();
  }

  /** Reads the files again; one that cannot be used leaves the former certificate in force. */
  reload(): void {
    const { log } = this.#options;
    for (const { certFile, keyFile } of this.#files()) {
      const identity = readFiles(certFile, keyFile);
      if (!identity.ok) {
        log.error(`the former certificate stays in force: ${identity.error}`);
        continue;
      }
      const former = this.#ready.get(identity.value.id);
      if (former?.chain === identity.value.chain && former.key === identity.value.key) continue;
      this.#ready.set(identity.value.id, identity.value);
      log.info({ file: certFile, names: identity.value.names }, 'certificate read again');
    }
    this.#changed();
  }

  close(): void {
    for (const { certFile, keyFile } of this.#files()) for (const file of [certFile, keyFile]) unwatchFile(file);
  }

  #changed(): void {
    this.#calling = null;
    this.#options.onChange(this.state);
  }

  #files(): readonly ListenSetting[] {
    return this.#secure.filter(({ certFile }, index) => certFile !== '' && this.#secure.findIndex((other) => other.certFile === certFile) === index);
  }

  #open(name: string): void {
    const row = this.#rows.get(name);
    const id = `row:${name}`;
    this.#ready.delete(id);
    // Before the keys have come nothing can be opened.
    if (row === undefined || this.#keys.length === 0) return;
    const key = openSecret(this.#keys, name, row.key);
    const identity = key.ok ? checkIdentity(id, row.chain, key.value) : err(`the key ${key.error}`);
    if (identity.ok) this.#ready.set(id, { ...identity.value, names: row.names });
    else this.#options.log.error({ certificate: name }, `certificate ${name} is not in use: ${identity.error}`);
  }

  /** The one in the data folder; made when there is none, or when that one has expired. */
  #selfSigned(): Identity {
    const { folder, names, listen, log } = this.#options;
    const [certFile, keyFile] = [join(folder, 'self-signed.crt'), join(folder, 'self-signed.key')];
    const kept = readFiles(certFile, keyFile);
    if (kept.ok && new X509Certificate(kept.value.chain).validToDate.getTime() > Date.now()) return { ...kept.value, id: selfSignedId, names: [] };
    const own = [...new Set([...names, ...listen.flatMap(({ advertisedHost, address }) => [advertisedHost, address])])];
    const made = makeCertificate({
      commonName: own.find((name) => familyOf(name) === 0 && name !== '') ?? 'signalbox', nowMs: Date.now(), days: selfSignedDays,
      names: own.filter((name) => name !== '' && name !== '0.0.0.0' && name !== '::'),
    });
    mkdirSync(folder, { recursive: true });
    writeFileSync(keyFile, made.key, { mode: 0o600 });
    writeFileSync(certFile, made.cert);
    log.warn({ file: certFile }, 'made a self-signed certificate for TLS: phones that check will refuse it until a certificate of their domain is saved or named in SIGNALBOX_LISTEN');
    return { id: selfSignedId, names: [], chain: made.cert, key: made.key };
  }
}

function readFiles(certFile: string, keyFile: string): Result<Identity, string> {
  const texts: string[] = [];
  for (const file of [certFile, keyFile]) {
    try {
      texts.push(readFileSync(file, 'utf8'));
    } catch (error) {
      return err(`the file ${file} cannot be read (${error instanceof Error ? error.message : String(error)})`);
    }
  }
  const identity = checkIdentity(fileId(certFile), texts[0] ?? '', texts[1] ?? '');
  return identity.ok ? identity : err(`the certificate ${certFile} with the key ${keyFile} cannot be used: ${identity.error}`);
}

/** Whether a PEM chain and a key belong together and what they are good for. */
function checkIdentity(id: string, chain: string, key: string): Result<Identity, string> {
  try {
    const leaf = new X509Certificate(chain);
    if (!leaf.checkPrivateKey(createPrivateKey(key))) return err('the key is not that of the first certificate');
    const alternatives = (leaf.subjectAltName ?? '').split(', ').flatMap((entry) => (entry.startsWith('DNS:') ? [entry.slice(4).toLowerCase()] : []));
    const common = /^CN=(.+)$/m.exec(leaf.subject)?.[1]?.toLowerCase();
    return ok({ id, names: alternatives.length > 0 || common === undefined ? alternatives : [common], chain, key });
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}

const samePolicy = (a: TlsPolicy, b: TlsPolicy): boolean =>
  a.ca === b.ca && a.clientCertificates === b.clientCertificates && a.minVersion === b.minVersion && a.verifyDestinations === b.verifyDestinations;
