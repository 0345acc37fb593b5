/** The main thread's table of registrations by itself: pages, searches, the file. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newLimitBuffer } from '../../dataplane/calls/limit-cells.ts';
import type { Binding } from '../../dataplane/registrations/binding.ts';
import type { RegistrationQuery } from '../../dataplane/registrations/table.ts';
import { createLog } from '../../dataplane/runtime/log.ts';
import { Registrations } from '../../dataplane/runtime/registrations.ts';
import { until } from '../../test/harness/deadline.ts';
import { median } from '../statistics.ts';
import { addressOf, agent, contactOf, domain, userOf } from './phones.ts';

const looks = 15;
const pageRows = 100;
const reloadWithinMs = 60_000;

export interface TableFigures {
  /** Median milliseconds of a page of 100 rows. */
  readonly pageMs: Readonly<Record<string, number>>;
  readonly keepMs: number;
  readonly reloadMs: number;
  readonly fileBytes: number;
}

function bindingOf(phone: number, nowMs: number): Binding {
  return {
    aor: `${userOf(phone)}@${domain}`, contact: contactOf(phone), tenant: 1, destination: 100, listener: 0, transport: 'udp', family: 4, address: addressOf(phone % 1_000), port: 40_000,
    behindNat: true, agent, registeredMs: nowMs, expiresMs: nowMs + 3_600_000 + phone,
  };
}

/** Fills a table of its own with so many phones and asks it. */
export async function tableFigures(phones: number): Promise<TableFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-registrations-'));
  const open = (): Registrations => new Registrations({ folder, log: createLog('error', false), limits: newLimitBuffer(), ping: () => undefined });
  try {
    const table = open();
    const now = Date.now();
    for (let phone = 0; phone < phones; phone++) {
      const binding = bindingOf(phone, now);
      table.take({ tenant: binding.tenant, aor: binding.aor, all: false, removed: [], put: [binding] });
    }
    const timed = (query: Partial<RegistrationQuery>): number => median(Array.from({ length: looks }, () => {
      const begun = performance.now();
      table.page({ cursor: 0, limit: pageRows, ...query });
      return performance.now() - begun;
    }));
    const pageMs = { 'first page': timed({}), 'last page': timed({ cursor: phones - pageRows }), 'one found': timed({ text: userOf(phones - 1) }), 'none found': timed({ text: 'nobody' }) };
    const beforeKeep = performance.now();
    table.keep();
    const keepMs = performance.now() - beforeKeep;
    table.close();
    const again = open();
    const beforeLoad = performance.now();
    again.start();
    await until('the kept registrations', reloadWithinMs, () => again.size === phones);
    const reloadMs = performance.now() - beforeLoad;
    again.close();
    return { pageMs, keepMs, reloadMs, fileBytes: statSync(join(folder, 'registrations.jsonl')).size };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
