import { expect, it } from 'vitest';
import { makeCertificate } from '../../../dataplane/security/x509.ts';
import { Aliases, type AliasNotice } from '../../../dataplane/transport/aliases.ts';
import { Address } from '../../../dataplane/transport/flow.ts';

const { cert: certificate } = makeCertificate({ commonName: 'trunk', names: ['trunk.example', '192.0.2.1'], nowMs: Date.now(), days: 1 });
const notice: AliasNotice = { family: 4, address: '192.0.2.1', aliasPort: 5061, port: 40_000, connection: 7, certificate };
const target = (serverName = 'trunk.example', port = 5061): Address => new Address('tls', 4, '192.0.2.1', port, null, 0, serverName);

it('an alias leads to its connection for the names in the certificate, and to the address if that is one of them', () => {
  const aliases = new Aliases();
  aliases.note(notice);
  expect(aliases.find(target())).toMatchObject({ transport: 'tls', address: '192.0.2.1', port: 40_000, connection: 7 });
  expect(aliases.find(target(''))?.connection).toBe(7);
  expect([aliases.find(target('bank.example')), aliases.find(target('trunk.example', 5062))]).toEqual([null, null]);
});

it('the end of an older connection does not end the alias of a newer', () => {
  const aliases = new Aliases();
  aliases.note(notice);
  aliases.note({ ...notice, connection: 8 });
  aliases.note({ ...notice, certificate: '' });
  expect(aliases.find(target())?.connection).toBe(8);
  aliases.note({ ...notice, connection: 8, certificate: '' });
  expect(aliases.find(target())).toBeNull();
});

it('keeps 10,000 aliases', () => {
  const aliases = new Aliases();
  for (let aliasPort = 1; aliasPort <= 10_001; aliasPort++) aliases.note({ ...notice, aliasPort });
  expect([aliases.find(target('', 10_000))?.connection, aliases.find(target('', 10_001))]).toEqual([7, null]);
});
