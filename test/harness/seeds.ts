/** The tables of the systems that Signalbox replaces, laid out as their documents show them, on loopback addresses. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const dbTextUri = (uri: string): string => uri.replaceAll(':', '\\:');

/** Kamailio's db_text files (domain → did → routeset N → dispatcher sets 4000+N and 6000+N). */
export function dbTextFiles(backends: { readonly v4: readonly [string, string]; readonly v6: readonly [string, string] }): Readonly<Record<string, string>> {
  return {
    version: 'id(int,auto) table_name(string) table_version(int)\n0:dispatcher:4\n0:domain:2\n0:domain_attrs:1\n',
    domain: 'id(int,auto) domain(string) did(string,null) last_modified(int)\n1:sip.customer01.com:1:0\n2:sip.customer02.com:2:0\n',
    domain_attrs: 'id(int,auto) did(string) name(string) type(int) value(string) last_modified(int)\n1:1:routeset:0:1:0\n2:2:routeset:0:2:0\n',
    dispatcher: [
      'id(int,auto) setid(int) destination(string) flags(int) priority(int) attrs(string) description(string)',
      `1:4001:${dbTextUri(backends.v4[0])}:0:1:backend=be011:"be011 default"`,
      `2:4002:${dbTextUri(backends.v4[1])}:0:1:backend=be021:"be021 default"`,
      `3:6001:${dbTextUri(backends.v6[0])}:0:1:backend=be011:"be011 default"`,
      `4:6001:${dbTextUri(backends.v6[1])}:0:1:backend=be021:"be021 default"`,
      '',
    ].join('\n'),
  };
}

/** A SQLite file with `sip_domains` and `dispatcher`: two tenants, each with a primary and a backup. */
export function sipRouterDatabase(backends: { readonly tenant1: readonly [string, string]; readonly tenant2: readonly [string, string] }): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-seed-'));
  const file = join(folder, 'routing.db');
  const database = new DatabaseSync(file);
  try {
    database.exec(`
      CREATE TABLE sip_domains (domain TEXT PRIMARY KEY, dispatcher_setid INTEGER NOT NULL, enabled INTEGER NOT NULL DEFAULT 1, comment TEXT);
      CREATE INDEX idx_sip_domains_enabled ON sip_domains(enabled);
      CREATE TABLE dispatcher (id INTEGER PRIMARY KEY AUTOINCREMENT, setid INTEGER NOT NULL, destination TEXT NOT NULL, flags INTEGER DEFAULT 0, priority INTEGER DEFAULT 0, attrs TEXT);
      CREATE INDEX idx_dispatcher_setid ON dispatcher(setid);
    `);
    const domain = database.prepare('INSERT INTO sip_domains (domain, dispatcher_setid, enabled) VALUES (?, ?, ?)');
    for (const row of [['tenant1.example.com', 10, 1], ['tenant2.example.com', 20, 1], ['off.example.com', 10, 0]] as const) domain.run(...row);
    const destination = database.prepare('INSERT INTO dispatcher (setid, destination, priority) VALUES (?, ?, ?)');
    for (const [set, uris] of [[10, backends.tenant1], [20, backends.tenant2]] as const) {
      destination.run(set, uris[0], 0);
      destination.run(set, uris[1], 10);
    }
    database.close();
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
