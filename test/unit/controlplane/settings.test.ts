import { describe, expect, it } from 'vitest';
import { parseHostPort, readSettings } from '../../../controlplane/settings.ts';

describe('settings of the control plane', () => {
  it('suit a laptop without any', () => {
    expect(readSettings({}, [])).toEqual({
      ok: true, value: { http: { host: '127.0.0.1', port: 8080 }, dataDir: './data', databaseUrl: undefined, adminToken: null, logLevel: 'info', trustProxy: [] },
    });
  });

  it('come from the environment, an empty variable being none, and a flag wins', () => {
    const read = readSettings(
      { SIGNALBOX_HTTP: '[::1]:9000', SIGNALBOX_DATA: '', DATABASE_URL: 'postgresql://u:p@db/signalbox', SIGNALBOX_ADMIN_TOKEN: 'a-token', SIGNALBOX_LOG: 'warn', SIGNALBOX_TRUST_PROXY: '127.0.0.1, 10.0.0.0/8,fd00::/8' },
      ['--log', 'debug', '--signalbox-data=/var/lib/signalbox']);
    expect(read).toEqual({
      ok: true, value: { http: { host: '::1', port: 9000 }, dataDir: '/var/lib/signalbox', databaseUrl: 'postgresql://u:p@db/signalbox', adminToken: 'a-token', logLevel: 'debug', trustProxy: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'] },
    });
  });

  it.each([
    [{ SIGNALBOX_HTTP: 'everywhere' }, 'SIGNALBOX_HTTP: "everywhere" is not accepted; give address:port'],
    [{ SIGNALBOX_HTTP: '127.0.0.1:70000' }, 'SIGNALBOX_HTTP: "127.0.0.1:70000"'],
    [{ SIGNALBOX_HTTP: '999.0.0.1:80' }, 'SIGNALBOX_HTTP'],
    [{ SIGNALBOX_LOG: 'loud' }, 'SIGNALBOX_LOG: "loud" is not accepted; give one of fatal, error, warn, info, debug, trace, silent.'],
    [{ DATABASE_URL: 'mysql://root:sesame@localhost/x' }, 'DATABASE_URL: the value is not accepted; give postgresql://'],
    [{ SIGNALBOX_TRUST_PROXY: '10.0.0.0/8,true' }, 'SIGNALBOX_TRUST_PROXY: "true" is not accepted; give a comma list of at most 100 addresses or prefixes'],
    [{ SIGNALBOX_TRUST_PROXY: '10.0.0.0/8,' }, 'SIGNALBOX_TRUST_PROXY: "" is not accepted'],
    [{ SIGNALBOX_ADMIN_TOKEN: 'with space' }, 'SIGNALBOX_ADMIN_TOKEN: the value is not accepted'],
  ])('refuse %o with one sentence', (env, sentence) => {
    const read = readSettings(env, []);
    expect(read.ok).toBe(false);
    const said = read.ok ? '' : read.error;
    expect(said).toContain(sentence);
    expect(said).not.toContain('\n');
    expect(said).not.toContain('sesame');
    expect(said).not.toContain('with space');
  });

  it('refuse unknown flags and name the known ones', () => {
    const read = readSettings({}, ['--htpp', 'x']);
    expect(read.ok ? '' : read.error).toMatch(/--htpp.*Accepted flags: --http, --data, --database-url, --admin-token, --trust-proxy, --log\./);
  });
});

describe('address:port', () => {
  it.each([
    ['localhost:0', { host: 'localhost', port: 0 }], ['[::]:8080', { host: '::', port: 8080 }], ['0.0.0.0:1', { host: '0.0.0.0', port: 1 }],
    ['::1:8080', null], ['[127.0.0.1]:80', null], ['host', null], [':80', null], ['a b:80', null],
  ])('%s', (text, expected) => {
    expect(parseHostPort(text)).toEqual(expected);
  });
});
