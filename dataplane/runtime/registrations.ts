/**
 * The node's registrations on the main thread: one table for all workers, kept over a restart, the source of keep-alives
 * towards phones behind NAT (RFC 5626 §4.4 leaves UDP phones without one of their own to us).
 */
import { randomBytes } from 'node:crypto';
import { createReadStream, writeFileSync, renameSync, existsSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isLimited, TenantLimits } from '../calls/tenant-limits.ts';
import type { SettingRow } from '../contract/rows.ts';
import { bindingKey, phoneKey, type Binding, type BindingChange } from '../registrations/binding.ts';
import { KnownBindings, newKnownBindings } from '../registrations/known-bindings.ts';
import { RegistrationTable, type RegistrationPage, type RegistrationQuery } from '../registrations/table.ts';
import { hashText } from '../routing/hash.ts';
import { emptyView } from '../routing/build.ts';
import type { ConfigView } from '../routing/view.ts';
import { fireAndLog, type Logger } from './log.ts';

const fileName = 'registrations.jsonl';
const tickMs = 50;
const keepIntervalMs = 300_000;
/** Lines written or read before others have a turn. */
const sliceLines = 2_000;

export interface RegistrationsOptions {
  readonly folder: string;
  readonly log: Logger;
  /** The process's limit cells. */
  readonly limits: SharedArrayBuffer;
  /** Has a worker send keep-alives to these phones. */
  readonly ping: (method: 'crlf' | 'options', phones: readonly Binding[]) => void;
}

export class Registrations {
  /** For the workers (registrations/known-bindings.ts). */
  readonly known = newKnownBindings(randomBytes(16));
  readonly #known = new KnownBindings(this.known);
  readonly #limits: TenantLimits;
  readonly #table: RegistrationTable;
  readonly #options: RegistrationsOptions;
  /** UDP phones behind NAT, dealt out over one interval. */
  #ring: Map<string, Binding>[] = [];
  #view = emptyView();
  #keepAlive: SettingRow['keepAlive'] = { method: 'off', intervalMs: 0 };
  #turn = 0;
  #changed = false;
  readonly #timers: NodeJS.Timeout[] = [];
  /** Turns the ring while there are phones: a node without any does not wake up for it. */
  #pinging: NodeJS.Timeout | null = null;

  constructor(options: RegistrationsOptions) {
    this.#options = options;
    this.#limits = new TenantLimits(options.limits);
    this.#table = new RegistrationTable({
      added: (binding) => {
        const key = bindingKey(binding.tenant, binding.aor, binding.contact);
        for (const name of namesOf(binding)) this.#known.add(name, this.#names());
        const limits = this.#view.tenant(binding.tenant)?.limits;
        this.#limits.registrationStarted(binding.tenant, limits !== undefined && isLimited(limits));
        if (isKeptAlive(binding)) this.#slotOf(binding)?.set(key, binding);
        this.#pinging ??= setInterval(() => this.#ping(), tickMs);
      },
      removed: (binding) => {
        const key = bindingKey(binding.tenant, binding.aor, binding.contact);
        // Of several bindings of one phone the last change counts: the others put its place back when they are refreshed.
        for (const name of namesOf(binding)) this.#known.delete(name);
        this.#limits.registrationEnded(binding.tenant);
        this.#slotOf(binding)?.delete(key);
      },
    });
  }

  get size(): number {
    return this.#table.size;
  }

  *#names(): Iterable<string> {
    for (const binding of this.#table.bindings()) yield* namesOf(binding);
  }

  page(query: RegistrationQuery): RegistrationPage {
    return this.#table.page(query);
  }

  take(change: BindingChange): void {
    this.#changed = true;
    this.#table.apply(change);
  }

  /** Takes limits and keep-alive settings of a new configuration. */
  apply(view: ConfigView): void {
    this.#view = view;
    this.#limits.adopt((id) => view.tenant(id));
    const { keepAlive } = view.setting;
    if (keepAlive.method === this.#keepAlive.method && keepAlive.intervalMs === this.#keepAlive.intervalMs) return;
    this.#keepAlive = keepAlive;
    const slots = keepAlive.method === 'off' ? 0 : Math.max(1, Math.round(keepAlive.intervalMs / tickMs));
    this.#ring = Array.from({ length: slots }, () => new Map());
    for (const binding of this.#table.bindings()) {
      const key = bindingKey(binding.tenant, binding.aor, binding.contact);
      if (isKeptAlive(binding)) this.#slotOf(binding)?.set(key, binding);
    }
  }

  /** Begins to work; what a former process kept comes in meanwhile. */
  start(): void {
    const { log } = this.#options;
    this.#timers.push(
      setInterval(() => this.#table.expire(Date.now()), 1_000),
      setInterval(() => fireAndLog(log, 'cannot keep the registrations', this.#write()), keepIntervalMs),
    );
    fireAndLog(log, 'cannot read the registrations kept by the last process', this.#load());
  }

  close(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#rest();
  }

  /** Writes at once, for the end of the process or for another that takes over. */
  keep(): void {
    const path = join(this.#options.folder, fileName);
    let text = '';
    for (const binding of this.#table.bindings()) text += `${JSON.stringify(binding)}\n`;
    writeFileSync(`${path}.tmp`, text, { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
  }

  /** All bindings of one place share a slot. */
  #slotOf(binding: Binding): Map<string, Binding> | undefined {
    return this.#ring[(hashText(placeOf(binding)) >>> 0) % Math.max(1, this.#ring.length)];
  }

  #rest(): void {
    clearInterval(this.#pinging ?? undefined);
    this.#pinging = null;
  }

  #ping(): void {
    if (this.#table.size === 0) this.#rest();
    const { method } = this.#keepAlive;
    if (method === 'off' || this.#ring.length === 0) return;
    const slot = this.#ring[this.#turn++ % this.#ring.length];
    if (slot === undefined || slot.size === 0) return;
    const places = new Map<string, Binding>();
    for (const binding of slot.values()) places.set(placeOf(binding), binding);
    this.#options.ping(method, [...places.values()]);
  }

  async #write(): Promise<void> {
    if (!this.#changed) return;
    this.#changed = false;
    const path = join(this.#options.folder, fileName);
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      let lines: string[] = [];
      for (const binding of [...this.#table.bindings()]) {
        lines.push(JSON.stringify(binding));
        if (lines.length < sliceLines) continue;
        await file.write(`${lines.join('\n')}\n`);
        lines = [];
      }
      if (lines.length > 0) await file.write(`${lines.join('\n')}\n`);
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  }

  /** What phones said to this process in the meantime counts more than what the file says. */
  async #load(): Promise<void> {
    const path = join(this.#options.folder, fileName);
    if (!existsSync(path)) return;
    const now = Date.now();
    for await (const line of createInterface({ input: createReadStream(path, 'utf8') })) {
      const binding = readBinding(line);
      if (binding === null || binding.expiresMs <= now || this.#known.has(bindingKey(binding.tenant, binding.aor, binding.contact))) continue;
      this.#table.apply({ aor: binding.aor, tenant: binding.tenant, all: false, removed: [], put: [binding] });
    }
  }
}

const namesOf = ({ tenant, aor, contact, transport, address, port }: Binding): string[] => [bindingKey(tenant, aor, contact), ...(transport === 'udp' ? [phoneKey(address, port)] : [])];

const isKeptAlive = (binding: Binding): boolean => binding.transport === 'udp' && binding.behindNat;

const placeOf = ({ listener, address, port }: Binding): string => `${listener} ${address} ${port}`;

const transports = new Set(['udp', 'tcp', 'tls', 'ws', 'wss']);

/** A line of our own file; null for anything else, a line cut short included. */
function readBinding(line: string): Binding | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as Record<string, unknown>;
  const texts = ['aor', 'contact', 'address', 'agent'].every((name) => typeof fields[name] === 'string');
  const numbers = ['tenant', 'destination', 'listener', 'family', 'port', 'registeredMs', 'expiresMs'].every((name) => Number.isFinite(fields[name]));
  return texts && numbers && typeof fields['behindNat'] === 'boolean' && transports.has(String(fields['transport'])) ? (value as Binding) : null;
}
