/**
 * The control plane's start-up settings: environment variables, or flags of the same name in kebab case
 * (`SIGNALBOX_HTTP` = `--http` or `--signalbox-http`), read once. A wrong value is one sentence that names
 * the variable, the value and what is accepted.
 */
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { isProxyEntry } from './auth/trusted-proxies.ts';
import { err, ok } from '../dataplane/contract/result.ts';
import type { Result } from '../dataplane/contract/result.ts';

export interface Settings {
  readonly http: { readonly host: string; readonly port: number };
  readonly dataDir: string;
  /** undefined = the embedded database under `dataDir`. */
  readonly databaseUrl: string | undefined;
  readonly adminToken: string | null;
  readonly logLevel: string;
  /** Addresses and prefixes of reverse proxies whose X-Forwarded-* count; empty = nobody's. */
  readonly trustProxy: readonly string[];
}

const names = ['SIGNALBOX_HTTP', 'SIGNALBOX_DATA', 'DATABASE_URL', 'SIGNALBOX_ADMIN_TOKEN', 'SIGNALBOX_TRUST_PROXY', 'SIGNALBOX_LOG'] as const;
type Name = (typeof names)[number];

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const maxTokenLength = 256;
const maxProxies = 100;

const kebab = (name: string): string => name.toLowerCase().replaceAll('_', '-');
const flagsOf = (name: Name): readonly string[] => [...new Set([kebab(name.replace(/^SIGNALBOX_/, '')), kebab(name)])];

const refuse = (name: Name, value: string, accepted: string): Result<never, string> =>
  err(`${name}: "${value}" is not accepted; give ${accepted}.`);

/**
 * Reads the settings.
 * @param env environment, usually `process.env`; an empty variable counts as unset
 * @param argv flags, usually `process.argv.slice(2)`; a flag wins over its variable
 * @returns the settings, or one sentence for the operator
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>, argv: readonly string[]): Result<Settings, string> {
  const flags = readFlags(argv);
  if (!flags.ok) return flags;
  const get = (name: Name): string | undefined => flags.value.get(name) ?? (env[name] === '' ? undefined : env[name]);

  const httpText = get('SIGNALBOX_HTTP') ?? '127.0.0.1:8080';
  const http = parseHostPort(httpText);
  if (http === null) return refuse('SIGNALBOX_HTTP', httpText, 'address:port, IPv6 in brackets, like 127.0.0.1:8080 or [::]:8080');

  const databaseUrl = get('DATABASE_URL');
  if (databaseUrl !== undefined && !isPostgresUrl(databaseUrl)) {
    // The value may hold a password, so it is not repeated.
    return err('DATABASE_URL: the value is not accepted; give postgresql://user:password@host:port/database, or leave it unset for the embedded database.');
  }
  const adminToken = get('SIGNALBOX_ADMIN_TOKEN') ?? null;
  if (adminToken !== null && (adminToken.length > maxTokenLength || !/^[\x21-\x7e]+$/.test(adminToken))) {
    return err(`SIGNALBOX_ADMIN_TOKEN: the value is not accepted; give 1 to ${maxTokenLength} visible ASCII characters without spaces.`);
  }
  const logLevel = get('SIGNALBOX_LOG') ?? 'info';
  if (!logLevels.includes(logLevel)) return refuse('SIGNALBOX_LOG', logLevel, `one of ${logLevels.join(', ')}`);
  const trustText = get('SIGNALBOX_TRUST_PROXY') ?? '';
  const trustProxy = trustText.trim() === '' ? [] : trustText.split(',').map((entry) => entry.trim());
  const stranger = trustProxy.find((entry) => !isProxyEntry(entry));
  if (stranger !== undefined || trustProxy.length > maxProxies) {
    return refuse('SIGNALBOX_TRUST_PROXY', stranger ?? trustText.slice(0, 80), `a comma list of at most ${maxProxies} addresses or prefixes of reverse proxies, like 127.0.0.1,10.0.0.0/8,fd00::/8`);
  }
  return ok(Object.freeze({ http, dataDir: get('SIGNALBOX_DATA') ?? './data', databaseUrl, adminToken, logLevel, trustProxy }));
}

function readFlags(argv: readonly string[]): Result<ReadonlyMap<Name, string>, string> {
  const values = new Map<Name, string>();
  try {
    const options = Object.fromEntries(names.flatMap((name) => flagsOf(name).map((flag) => [flag, { type: 'string' as const }])));
    const parsed = parseArgs({ args: [...argv], options, strict: true, allowPositionals: false });
    for (const name of names) {
      for (const flag of flagsOf(name)) {
        const value = parsed.values[flag];
        if (value !== undefined) values.set(name, value);
      }
    }
    return ok(values);
  } catch (error) {
    const accepted = names.map((name) => `--${flagsOf(name)[0] ?? ''}`).join(', ');
    return err(`${error instanceof Error ? error.message : String(error)}. Accepted flags: ${accepted}.`);
  }
}

/** `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`; port 0 = any free one. */
export function parseHostPort(text: string): { readonly host: string; readonly port: number } | null {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const bracketed = match[1] ?? '';
  const host = bracketed.startsWith('[') ? bracketed.slice(1, -1) : bracketed;
  const port = Number(match[2]);
  if (port > 65_535 || (bracketed.startsWith('[') && isIP(host) !== 6)) return null;
  if (/^[0-9.]+$/.test(host) && isIP(host) !== 4) return null;
  return { host, port };
}

function isPostgresUrl(text: string): boolean {
  return URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol);
}
