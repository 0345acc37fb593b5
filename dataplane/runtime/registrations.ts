/**
 * The node's registrations on the main thread: one table for all workers, kept over a restart, the source of keep-alives
 * towards phones behind NAT (RFC 5626 §4.4 leaves UDP phones without one of their own to us).
 */
import { createReadStream, writeFileSync, renameSync, existsSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isLimited, TenantLimits } from '../calls/tenant-limits.ts';
import type { SettingRow } from '../contract/rows.ts';
import { bindingKey, type Binding, type BindingChange } from '../registrations/binding.ts';
import { KnownBindings, newKnownBindings } from '../registrations/known-bindings.ts';
import { RegistrationTable, type RegistrationPage, type RegistrationQuery } from '../registrations/table.ts';
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
  readonly known = newKnownBindings();
  readonly #known = new KnownBindings(this.known);
  readonly #limits: TenantLimits;
  readonly #table: RegistrationTable;
  readonly #options: RegistrationsOptions;
  #view = emptyView();
  #keepAlive: SettingRow['keepAlive'] = { method: 'off', intervalMs: 0 };
  /** Goes round all registrations once an interval; one that comes or goes meanwhile is no matter to it. */
  #walk: Iterator<Binding>;
  /** Steps of the walk that are due, with their fraction. */
  #due = 0;
  #changed = false;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(options: RegistrationsOptions) {
    this.#options = options;
    this.#limits = new TenantLimits(options.limits);
    this.#table = new RegistrationTable({
      added: (binding) => {
        this.#known.add(bindingKey(binding.tenant, binding.aor, binding.contact), this.#table.keys());
        const limits = this.#view.tenant(binding.tenant)?.limits;
        this.#limits.registrationStarted(binding.tenant, limits !== undefined && isLimited(limits));
        if (isKeptAlive(binding)) this.#slotOf(binding)?.set(key, binding);
      },
      removed: (binding) => {
        this.#known.delete(bindingKey(binding.tenant, binding.aor, binding.contact));
        this.#limits.registrationEnded(binding.tenant);
        this.#slotOf(binding)?.delete(key);
      },
    });
  }

  get size(): number {
    return this.#table.size;
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
    this.#keepAlive = view.setting.keepAlive;
  }

  /** Begins to work; what a former process kept comes in meanwhile. */
  start(): void {
    const { log } = this.#options;
    this.#timers.push(
      setInterval(() => this.#table.expire(Date.now()), 1_000),
      setInterval(() => this.#ping(), tickMs),
      setInterval(() => fireAndLog(log, 'cannot keep the registrations', this.#write()), keepIntervalMs),
    );
    fireAndLog(log, 'cannot read the registrations kept by the last process', this.#load());
  }

  close(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
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
  #newWalk(): Iterator<Binding> {
    return this.#table.bindings()[Symbol.iterator]();
  }

  /** A tick's share of the walk: phones on UDP behind NAT get a keep-alive, the others take their turn for nothing. */
  #ping(): void {
    const { method, intervalMs } = this.#keepAlive;
    if (method === 'off') return;
    this.#due += (this.#table.size * tickMs) / intervalMs;
    const phones: Binding[] = [];
    for (; this.#due >= 1; this.#due -= 1) {
      let step = this.#walk.next();
      if (step.done === true) {
        this.#walk = this.#newWalk();
        step = this.#walk.next();
      }
      if (step.done !== true && step.value.transport === 'udp' && step.value.behindNat) phones.push(step.value);
    }
    if (phones.length > 0) this.#options.ping(method, phones);
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
