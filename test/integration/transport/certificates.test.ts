/** Where a node's certificates come from: rows of the configuration, files of listeners, and one of its own making. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultSetting, type RowOp } from '../../../dataplane/contract/rows.ts';
import { sealSecret } from '../../../dataplane/contract/sealed.ts';
import { parseListenList } from '../../../dataplane/listen-setting.ts';
import { Certificates, CertificateRefused } from '../../../dataplane/runtime/certificates.ts';
import { makeCertificate } from '../../../dataplane/security/x509.ts';
import type { TlsState } from '../../../dataplane/transport/tls-identities.ts';
import { certificateFor } from './tls-peers.ts';

let folder = '';
const made: Certificates[] = [];
const states: TlsState[] = [];
const log: string[] = [];
const key = { id: 3, key: Buffer.alloc(32, 5).toString('base64url') };
const other = { id: 4, key: Buffer.alloc(32, 6).toString('base64url') };

beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'signalbox-certificates-')); });
afterEach(() => {
  for (const one of made.splice(0)) one.close();
  states.length = 0;
  log.length = 0;
  rmSync(folder, { recursive: true });
});

function certificates(listen = 'tls:0.0.0.0:5061'): Certificates {
  const parsed = parseListenList(listen);
  if (!parsed.ok) throw new Error(parsed.error.accepted);
  const one = new Certificates({
    folder, listen: parsed.value, names: ['edge.example'], onChange: (state) => states.push(state),
    log: pino({ level: 'info' }, { write: (line: string) => void log.push(line) }),
  });
  made.push(one);
  return one;
}
const ids = (one: Certificates): string[] => one.state.identities.map(({ id }) => id).sort();
const row = (name: string, pair: { cert: string; key: string }, sealedFor = name, keys = [key]): RowOp =>
  ({ table: 'certificate', key: name, row: { name, names: [`${name}.example`], chain: pair.cert, key: sealSecret(keys, sealedFor, pair.key) } });
const file = (name: string): string => join(folder, name);
function writePair(pair: { cert: string; key: string }): void {
  writeFileSync(file('chain.pem'), pair.cert);
  writeFileSync(file('key.pem'), pair.key);
}

describe('the self-signed certificate', () => {
  it('is made once for TLS listeners without one, named after the node, said in the log, and kept from others’ eyes', () => {
    const first = certificates('udp:0.0.0.0:5060,wss:192.0.2.7:443@sip.example').state;
    const kept = new X509Certificate(first.identities[0]?.chain ?? '');
    expect(kept.subjectAltName).toBe('DNS:edge.example, DNS:sip.example, IP Address:192.0.2.7');
    expect(kept.validToDate.getTime()).toBeGreaterThan(Date.now() + 9 * 365 * 86_400_000);
    expect(statSync(file('self-signed.key')).mode & 0o777).toBe(0o600);
    expect(log.join()).toContain('made a self-signed certificate');
    log.length = 0;
    expect(certificates().state).toEqual(first);
    expect(log).toEqual([]);
  });

  it('is made anew when it has expired, or is damaged', () => {
    const old = makeCertificate({ commonName: 'old', names: [], nowMs: Date.now() - 10 * 86_400_000, days: 2 });
    writeFileSync(file('self-signed.crt'), old.cert);
    writeFileSync(file('self-signed.key'), old.key);
    expect(certificates().state.identities[0]?.chain).not.toBe(old.cert);
    writeFileSync(file('self-signed.key'), 'damaged');
    expect(certificates().state.identities[0]?.key).toContain('PRIVATE KEY');
  });

  it('is not made where nobody needs it', () => {
    writePair(certificateFor('edge.example'));
    expect(ids(certificates('udp:0.0.0.0:5060,tcp:0.0.0.0:5060,ws:0.0.0.0:80'))).toEqual([]);
    expect(ids(certificates(`tls:0.0.0.0:5061;cert=${file('chain.pem')};key=${file('key.pem')}`))).toEqual([`file:${file('chain.pem')}`]);
  });
});

describe('certificates of the configuration', () => {
  it('are opened with the cluster key, when it comes, and go with their row', () => {
    const one = certificates('udp:0.0.0.0:5060');
    const pair = certificateFor('acme.example');
    one.apply([row('acme', pair)]);
    expect(ids(one)).toEqual([]);
    one.useKeys([key]);
    expect(one.state.identities).toEqual([{ id: 'row:acme', names: ['acme.example'], chain: pair.cert, key: pair.key }]);
    one.apply([{ table: 'certificate', key: 'acme', row: null }]);
    expect(ids(one)).toEqual([]);
    expect(states.at(-1)).toEqual(one.state);
  });

  it.each([
    ['a key of another row', () => row('acme', certificateFor('acme.example'), 'umbrella'), 'does not open'],
    ['a cluster key that is not here', () => row('acme', certificateFor('acme.example'), 'acme', [other]), 'is sealed with cluster key 4'],
    ['the key of another certificate', () => row('acme', { cert: certificateFor('a').cert, key: certificateFor('b').key }), 'the key is not that of the first certificate'],
    ['a chain that is none', () => row('acme', { cert: 'nonsense', key: certificateFor('b').key }), 'acme is not in use'],
  ])('with %s are left out, and said', (_, make, reason) => {
    const one = certificates('udp:0.0.0.0:5060');
    one.useKeys([key]);
    one.apply([row('fine', certificateFor('fine.example')), make()]);
    expect(ids(one)).toEqual(['row:fine']);
    expect(log.join()).toContain(reason);
    expect(log.join()).not.toContain('PRIVATE KEY');
  });

  it('come with the policy of the settings; a change of other settings is no news', () => {
    const one = certificates('udp:0.0.0.0:5060');
    one.apply([{ table: 'setting', key: 'global', row: { ...defaultSetting, tls: { ...defaultSetting.tls, minVersion: 'TLSv1.3' } } }]);
    expect(states.at(-1)?.policy.minVersion).toBe('TLSv1.3');
    one.apply([{ table: 'setting', key: 'global', row: { ...defaultSetting, methods: 'strict', tls: { ...defaultSetting.tls, minVersion: 'TLSv1.3' } } }]);
    expect(states.length).toBe(1);
    one.apply([{ table: 'setting', key: 'global', row: null }]);
    expect(states.at(-1)?.policy).toEqual(defaultSetting.tls);
  });
});

describe('the files of a listener', () => {
  const listen = (): string => `tls:0.0.0.0:5061;cert=${file('chain.pem')};key=${file('key.pem')}`;

  it('are read again when asked to; a bad one leaves the former in force', () => {
    const [first, second] = [certificateFor('one.example'), certificateFor('two.example')];
    writePair(first);
    const one = certificates(listen());
    expect(one.state.identities[0]).toMatchObject({ names: ['one.example'], chain: first.cert });
    writePair(second);
    one.reload();
    expect(states.at(-1)?.identities[0]).toMatchObject({ names: ['two.example'], chain: second.cert });
    writeFileSync(file('key.pem'), first.key);
    one.reload();
    expect(one.state.identities[0]?.key).toBe(second.key);
    expect(log.join()).toContain('the former certificate stays in force');
  });

  it('that cannot be used refuse the start with one sentence', () => {
    expect(() => certificates(listen())).toThrow(CertificateRefused);
    expect(() => certificates(listen())).toThrow(/^SIGNALBOX_LISTEN: the file .*chain\.pem cannot be read \(ENOENT.*\)\.$/);
    writePair({ cert: certificateFor('a').cert, key: certificateFor('b').key });
    expect(() => certificates(listen())).toThrow(/chain\.pem with the key .*key\.pem cannot be used: the key is not that of the first certificate\.$/);
    expect(readFileSync(file('chain.pem'), 'utf8')).toContain('CERTIFICATE');
  });
});
