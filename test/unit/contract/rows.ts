/** One valid row of each table. */
import type { Rows, TableName } from '../../../dataplane/contract/rows.ts';

export const validRows: { readonly [T in TableName]: Rows[T] } = {
  setting: { unknownDomain: 'drop', requireToMatch: false, scanners: ['sipvicious'], methods: 'iana' },
  tenant: { id: 1, key: 'acme', name: 'Acme Ltd', enabled: true, limits: { calls: 200, cps: 20, registrations: 500 }, policies: { media: 'relay', topologyHiding: true, digest: false } },
  dispatcherSet: {
    id: 10, name: 'acme pbx', tenant: 1, algorithm: 4, affinity: 'aor', affinityAll: false,
    probing: { mode: 'always', intervalMs: 30_000, timeoutMs: 2_000, downAfter: 2, upAfter: 2, codes: [200], from: '', useUnknown: false },
  },
  destination: { id: 5, set: 10, uri: 'sip:10.0.1.10:5060', rank: 1, weight: 50, admin: 'enabled', attrs: { duid: 'a' } },
  routeSet: { number: 1, name: 'acme', tenant: null, family: 'prefer', failover: { frMs: 5_000, frInviteMs: 30_000, on: ['timeout', 'transport', 500, 503], maxAttempts: 3 } },
  rule: { id: 3, routeSet: 1, position: 0, match: { type: 'range', from: '1000', to: '1999' }, methods: ['INVITE'], sets: [10, 11], strip: 1, prepend: '00' },
  domain: { name: 'sip.acme.example', tenant: 1, routeSet: 1, enabled: true, did: '1' },
  trunk: { key: 'carrier', name: 'Carrier', tenant: 1, routeSet: 1, enabled: true, sources: ['192.0.2.0/24', '2001:db8::1'] },
  node: { id: '0b2c7c1e-5f3a-4a86-9e7e-000000000001', draining: false },
};
