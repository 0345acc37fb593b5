import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Certificate, CertificateWritten, Overview, Page, Problem } from '../../../controlplane/contract/index.ts';
import { openSecret } from '../../../dataplane/contract/sealed.ts';
import { issue } from '../../harness/certificate-authority.ts';
import { readSnapshot, expectConsistent } from './consistency.ts';
import { startControlPlane, startDeadlineMs, testDatabase } from './server.ts';
import type { TestControlPlane, TestDatabase } from './server.ts';

let database: TestDatabase;
let plane: TestControlPlane;
const first = issue({ subject: 'sip.acme.example', extensions: ['subjectAltName=DNS:sip.acme.example,DNS:*.acme.example'] });
const second = issue({ subject: 'sip.acme.example', extensions: ['subjectAltName=DNS:sip.acme.example'], days: 10 });

beforeAll(async () => {
  database = await testDatabase();
  plane = await startControlPlane(database);
}, startDeadlineMs);
afterAll(async () => {
  await plane.close();
  await database.dispose();
});

describe('certificates', () => {
  it('are saved checked, read without their key, and once more without a change', async () => {
    const body = { chain: first.cert, key: first.key, comment: 'main' };
    const written = await plane.api.ask('PUT', '/certificates/acme', body);
    expect(written.status).toBe(201);
    expect(written.headers.get('etag')).toBe('"1"');
    expect(written.body).toMatchObject({ name: 'acme', names: ['sip.acme.example', '*.acme.example'], keyType: 'EC P-256', issuer: 'CN=sip.acme.example', warnings: [], comment: 'main', rev: 1 });
    expect(await plane.api.put('/certificates/acme', body)).toMatchObject({ version: 1, rev: 1 });
    const read = await plane.api.ask('GET', '/certificates/acme');
    expect(read.headers.get('etag')).toBe('"1"');
    expect(read.body).toMatchObject({ name: 'acme', chain: first.cert, notAfterMs: expect.any(Number) });
    for (const answer of [written.body, read.body, await plane.api.get('/certificates')]) {
      expect(JSON.stringify(answer)).not.toMatch(/PRIVATE KEY|"key"/);
    }
  });

  it('travel with a key that only the cluster\'s keys open', async () => {
    const { rows } = await readSnapshot(plane.runtime.changes);
    const row = JSON.parse(rows.get('certificate acme') ?? 'null') as { readonly key: string };
    const keys = await plane.runtime.auth.directory.clusterKeys();
    expect(openSecret(keys, 'acme', row.key)).toEqual({ ok: true, value: first.key });
    for (const text of rows.values()) expect(text).not.toContain('PRIVATE KEY');
    const stored = await plane.runtime.database.prisma.$queryRaw<{ text: string }[]>`
      SELECT "key" AS text FROM certificate UNION ALL SELECT "after" FROM config_change WHERE "after" IS NOT NULL`;
    expect(stored.length).toBeGreaterThan(1);
    for (const { text } of stored) expect(text).not.toContain('PRIVATE KEY');
  });

  it('show no key in the change log and on a dry run', async () => {
    const change = await plane.api.get<{ changes: { after: { key: string } }[] }>('/changes/1');
    expect(change.changes[0]?.after.key).toBe('sealed');
    const dry = await plane.api.put<CertificateWritten>('/certificates/acme?dryRun=1', { chain: second.cert, key: second.key });
    expect(dry.changes).toMatchObject([{ table: 'certificate', before: { key: 'sealed' }, after: { key: 'sealed' } }]);
    expect((await plane.api.get<Certificate>('/certificates/acme')).version).toBe(1);
  });

  it('warn of a name that another has, and of their end', async () => {
    const written = await plane.api.put<CertificateWritten>('/certificates/brief', { chain: second.cert, key: second.key });
    expect(written.warnings).toEqual([
      { code: 'expiring', message: expect.stringMatching(/^it ends in (9|10) days \(/) },
      { code: 'same-name', message: 'sip.acme.example is also in the certificate acme; nodes show acme' },
    ]);
    const list = await plane.api.get<Page<Certificate>>('/certificates?q=sip.acme.example');
    expect(list.items.map(({ name, warnings }) => [name, warnings.map(({ code }) => code)])).toEqual([['acme', ['same-name']], ['brief', ['expiring', 'same-name']]]);
    await plane.runtime.live.mirror.settled();
    plane.runtime.live.tick();
    expect((await plane.api.get<Overview>('/overview')).alarms).toMatchObject([{ id: 'certificate:brief:warning', severity: 'warning' }]);
  });

  it('are refused with a reason for each thing that is wrong', async () => {
    const answer = await plane.api.ask('PUT', '/certificates/wrong', { chain: first.cert, key: second.key });
    expect(answer.status).toBe(400);
    expect((answer.body as Problem).errors).toEqual([{ pointer: '/key', code: 'mismatch', message: 'is not the key of the certificate CN=sip.acme.example: their public keys differ' }]);
    expect((await plane.api.ask('PUT', '/certificates/WRONG', { chain: first.cert, key: first.key })).status).toBe(400);
    expect((await plane.api.ask('PUT', '/certificates/wrong', { chain: first.cert, key: first.key, pem: '' })).status).toBe(400);
    expect((await plane.api.ask('PUT', '/certificates/acme', { chain: first.cert, key: first.key }, { 'if-match': '"7"' })).status).toBe(412);
    expect((await plane.api.ask('GET', '/certificates/wrong')).status).toBe(404);
  });

  it('come back by a rollback, with the key they had', async () => {
    const { rev } = await plane.api.put('/certificates/acme', { chain: second.cert, key: second.key });
    await plane.api.delete('/certificates/brief');
    await plane.api.post(`/changes/${rev - 1}/rollback`);
    expect((await plane.api.get<Certificate>('/certificates/acme')).chain).toBe(first.cert);
    expect((await plane.api.get<Page<Certificate>>('/certificates')).items.map(({ name }) => name)).toEqual(['acme', 'brief']);
    const row = JSON.parse((await expectConsistent(plane.runtime.changes)).rows.get('certificate acme') ?? 'null') as { readonly key: string };
    expect(openSecret(await plane.runtime.auth.directory.clusterKeys(), 'acme', row.key)).toEqual({ ok: true, value: first.key });
  });
});
