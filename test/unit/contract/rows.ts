/** One valid row of each table. */
import type { Rows, TableName } from '../../../dataplane/contract/rows.ts';

export const validRows: { readonly [T in TableName]: Rows[T] } = {
  setting: {
    unknownDomain: 'drop', requireToMatch: false, scanners: ['sipvicious'], methods: 'iana',
    tls: { clientCertificates: 'request', ca: '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n', minVersion: 'TLSv1.3', verifyDestinations: false },
    registration: { perSecond: 500, spreadPercent: 20 }, keepAlive: { method: 'options', intervalMs: 25_000 },
    media: { rtpengines: [{ address: '192.0.2.9:2223', weight: 3, enabled: true }, { address: '[2001:db8::9]:2223', weight: 0, enabled: false }], idleMs: 30_000, exhausted: 'direct', latching: 'strict' },
  },
  tenant: { id: 1, key: 'acme', name: 'Acme Ltd', enabled: true, limits: { calls: 200, cps: 20, registrations: 500 }, policies: { media: 'relay', topologyHiding: true, digest: false, redirects: 'recurse', hideCallId: true, latching: 'loose' } },
  certificate: { name: 'acme', names: ['sip.acme.example', '*.acme.example'], chain: '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n', key: '1.c2VhbGVk' },
  dispatcherSet: {
    id: 10, name: 'acme pbx', tenant: 1, algorithm: 4, affinity: 'aor', affinityAll: false, hashOn: 'header:X-Account', slowStartMs: 30_000, registration: 'contact',
    probing: { mode: 'always', intervalMs: 30_000, timeoutMs: 2_000, downAfter: 2, upAfter: 2, codes: [200], from: '', useUnknown: false },
  },
  destination: { id: 5, set: 10, uri: 'sip:10.0.1.10:5060', rank: 1, weight: 50, admin: 'enabled', attrs: { duid: 'a' } },
  routeSet: { number: 1, name: 'acme', tenant: null, family: 'prefer', failover: { frMs: 5_000, frInviteMs: 30_000, on: ['timeout', 'transport', 500, 503], maxAttempts: 3 } },
  rule: {
    id: 3, routeSet: 1, position: 0, match: { type: 'range', from: '1000', to: '1999' }, methods: ['INVITE'], sets: [10, 11], strip: 1, prepend: '00',
    prices: [12_300, 9_900], windows: [{ timezone: 'Europe/Berlin', days: [1, 2, 3, 4, 5], from: '22:00', to: '06:00' }], rates: 7, enumSuffix: 'e164.arpa',
  },
  rate: { table: 7, prefix: '+4930', set: 10, price: 12_300 },
  domain: { name: 'sip.acme.example', tenant: 1, routeSet: 1, enabled: true, did: '1' },
  number: { pattern: '+4930123*', tenant: 1, routeSet: 1, enabled: true },
  alias: { alias: '*@old.example', target: '*@sip.acme.example', tenant: 1, enabled: true },
  trunk: { key: 'carrier', name: 'Carrier', tenant: 1, routeSet: 1, enabled: true, sources: ['192.0.2.0/24', '2001:db8::1'], strip: 2, prepend: '+' },
  node: { id: '0b2c7c1e-5f3a-4a86-9e7e-000000000001', draining: false, answerOptions: false },
};
