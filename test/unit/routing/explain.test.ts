import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultSetting } from '../../../dataplane/contract/rows.ts';
import { admit } from '../../../dataplane/routing/admit.ts';
import { explain, noCircumstances, routeQueryOf } from '../../../dataplane/routing/explain.ts';
import type { Circumstances, ExplainRequest } from '../../../dataplane/routing/explain.ts';
import { nextDestination, planRoute } from '../../../dataplane/routing/plan.ts';
import { Turns } from '../../../dataplane/routing/turns.ts';
import { parseSipUri } from '../../../dataplane/sip/uri.ts';
import { TestHealth, destination, domain, query, routeSet, rule, set, tenant, trunk, view } from './rows.ts';

const rows = [
  tenant(1), domain('sip.acme.example'), routeSet(1, { family: 'prefer', failover: { frMs: 1, frInviteMs: 1, on: [], maxAttempts: 3 } }),
  rule(1, { type: 'range', from: '1000', to: '1999' }, { sets: [10, 11] }), rule(2, { type: 'prefix', value: '+' }, { sets: [12], strip: 1, prepend: '00' }), rule(3, { type: 'exact', value: '9' }, { sets: [13] }),
  set(10, { name: 'primary' }), set(11, { name: 'backup', algorithm: 8 }), set(12, { algorithm: 9, affinityAll: true }),
  destination(1, { set: 10 }), destination(2, { set: 10, uri: 'sip:[2001:db8::2]' }), destination(3, { set: 10, admin: 'draining' }), destination(4, { set: 10 }),
  destination(5, { set: 11, rank: 1 }), destination(6, { set: 11, rank: 2 }), destination(7, { set: 12 }),
  trunk('carrier', ['203.0.113.0/24']),
];
const config = view(...rows);

describe('explain', () => {
  it('tells the whole way in sentences', () => {
    const health = new TestHealth();
    health.states.set(4, 'down');
    const { decision, steps, dropped } = explain(config, health, query());
    expect(decision).toEqual({
      kind: 'route', tenant: 'tenant-1', trunk: null, number: null, alias: null, domain: 'sip.acme.example', routeSet: 1, rule: 1, user: '1001', host: 'sip.acme.example', enumSuffix: '',
      destinations: [{ id: 1, set: 10, uri: 'sip:10.0.0.1:5060' }, { id: 2, set: 10, uri: 'sip:[2001:db8::2]' }, { id: 5, set: 11, uri: 'sip:10.0.0.5:5060' }],
    });
    expect(dropped).toBe(0);
    expect(steps.map((step) => step.text)).toEqual([
      '192.0.2.7 belongs to no trunk',
      'domain sip.acme.example found',
      'tenant tenant-1 (Tenant 1), route set 1',
      'route set 1 (route 1) has 3 rules; looking for 1001, INVITE',
      'rule 3 (exactly 9): 1001 is another number',
      'rule 2 (prefix +): 1001 begins otherwise',
      'rule 1 (1000 to 1999) matches 1001',
      'dispatcher set 10 (primary), primary: round robin (algorithm 4)',
      'destination 2 (sip:[2001:db8::2]): not IPv4, which is preferred',
      'destination 3 (sip:10.0.0.3:5060): draining: no new dialogs',
      'destination 4 (sip:10.0.0.4:5060): down',
      'destination 1 (sip:10.0.0.1:5060) is up and takes it',
      'if that fails: dispatcher set 10 (primary), primary: round robin (algorithm 4)',
      'destination 1 (sip:10.0.0.1:5060): had its attempt already',
      'destination 3 (sip:10.0.0.3:5060): draining: no new dialogs',
      'destination 4 (sip:10.0.0.4:5060): down',
      'if that fails: destination 2 (sip:[2001:db8::2]) is up and takes it',
      'if that fails: dispatcher set 10 (primary), primary: round robin (algorithm 4)',
      'destination 1 (sip:10.0.0.1:5060): had its attempt already',
      'destination 2 (sip:[2001:db8::2]): had its attempt already',
      'destination 3 (sip:10.0.0.3:5060): draining: no new dialogs',
      'destination 4 (sip:10.0.0.4:5060): down',
      'if that fails: dispatcher set 11 (backup), backup 1: serial by rank (algorithm 8)',
      'destination 6 (sip:10.0.0.6:5060): rank 2 comes later',
      'if that fails: destination 5 (sip:10.0.0.5:5060) is up and takes it',
      'if that fails: 3 attempts are all that route set 1 makes; the caller gets the best answer so far',
    ]);
    // Nothing was refused: red is for what ends in a refusal.
    expect(steps.filter((step) => step.outcome === 'refused')).toEqual([]);
  });

  it('shows rewriting, affinity and an end without destination', () => {
    const health = new TestHealth();
    health.states.set(7, 'unknown');
    const { decision, steps } = explain(config, health, query({ user: '+4930' }));
    expect(decision).toEqual({ kind: 'refuse', refuse: 'no-destination', detail: 'no destination is usable' });
    expect(steps.slice(-4).map((step) => step.text)).toEqual([
      'the user part +4930 becomes 004930',
      'dispatcher set 12 (set 12), primary: affinity by phone 1000@sip.acme.example',
      'destination 7 (sip:10.0.0.7:5060): not probed yet, and the set does not use such destinations',
      'no destination is usable in dispatcher set 12',
    ]);
    expect(explain(config, health, query({ user: '9' })).steps.slice(-2).map((step) => step.text)).toEqual([
      'dispatcher set 13 does not exist here', 'no destination is usable in dispatcher set 13',
    ]);
    expect(explain(view(tenant(1), domain('sip.acme.example'), routeSet(1, { family: 'match' }), rule(1, { type: 'any' }), set(1), destination(1)), health, query({ family: 6 })).steps.at(-2)?.text)
      .toBe('destination 1 (sip:10.0.0.1:5060): not IPv6, which the request came by');
  });

  it('names what a phone, a source or a call sticks to', () => {
    const text = (affinity: 'none' | 'aor' | 'source' | 'call-id', algorithm: 4 | 8, aor = 'a@x'): string | undefined => {
      const config = view(tenant(1), domain('sip.acme.example'), routeSet(1), rule(1, { type: 'any' }), set(1, { affinity, algorithm }), destination(1));
      return explain(config, new TestHealth(), query({ method: 'REGISTER', aor })).steps.find((step) => step.stage === 'set')?.text;
    };
    expect(text('aor', 4)).toBe('dispatcher set 1 (set 1), primary: affinity by phone a@x');
    expect(text('source', 8)).toBe('dispatcher set 1 (set 1), primary: affinity by source 192.0.2.7 within the first usable rank');
    expect(text('call-id', 4)).toBe('dispatcher set 1 (set 1), primary: affinity by Call-ID call-1');
    expect(text('none', 4)).toBe('dispatcher set 1 (set 1), primary: round robin (algorithm 4)');
    expect(text('aor', 8, '')).toBe('dispatcher set 1 (set 1), primary: serial by rank (algorithm 8)');
  });

  it('sends a sips request to destinations over TLS only', () => {
    const secure = (...uris: string[]): ReturnType<typeof explain>['decision'] => explain(
      view(tenant(1), domain('sip.acme.example'), routeSet(1), rule(1, { type: 'any' }), set(1, { algorithm: 8 }), ...uris.map((uri, index) => destination(index + 1, { uri, rank: index + 1 }))),
      new TestHealth(), query(), undefined, { ...noCircumstances, uri: parseSipUri('sips:1001@sip.acme.example') },
    ).decision;
    expect(secure('sip:10.0.0.1', 'sip:10.0.0.2', 'sip:10.0.0.3', 'sips:10.0.0.4')).toMatchObject({ kind: 'route', destinations: [{ id: 4 }] });
    expect(secure('sip:10.0.0.1')).toMatchObject({ kind: 'refuse', refuse: 'not-secure' });
  });

  it('answers what a node answers by itself, before anybody asks whose it is', () => {
    const answer = (methods: 'any' | 'iana' | 'strict', method: string, uri: string, met: Partial<Circumstances> = {}): string => {
      const parsed = parseSipUri(uri);
      const { decision, steps } = explain(view({ table: 'setting', key: 'global', row: { ...defaultSetting, methods } }, ...rows), new TestHealth(), query({ method, user: parsed?.user ?? '', host: parsed?.host ?? '' }), undefined,
        { ...noCircumstances, uri: parsed, means: ({ host }) => host === '192.0.2.1', ...met });
      return decision.kind === 'answer' ? `${decision.status} ${decision.detail}: ${steps.at(-1)?.text ?? ''}` : decision.kind;
    };
    const us = 'sip:1001@sip.acme.example';
    expect(['any', 'iana', 'strict'].map((methods) => answer(methods as 'any', 'MESSAGE', us).slice(0, 5))).toEqual(['route', 'route', '405 M']);
    expect(answer('iana', 'WEIRD', us)).toMatch(/^405 Method Not Allowed: WEIRD may not begin anything here: the setting methods is iana, which allows INVITE, ACK/);
    expect(answer('any', 'INVITE', `${us}?Subject=x`)).toBe('400 Headers In Request-URI: malformed for a request: Headers In Request-URI');
    expect(answer('any', 'INVITE', us, { draining: true })).toBe('503 Draining: the node is being drained: it takes nothing new');
    // Whoever is a stranger hears nothing of that.
    expect(answer('any', 'INVITE', 'sip:x@nowhere.example', { draining: true })).toBe('refuse');
    expect(answer('strict', 'OPTIONS', 'sip:192.0.2.1')).toBe('200 OK: 192.0.2.1 is the node itself: a keep-alive, which it answers by itself, 200');
    expect(answer('any', 'OPTIONS', 'sip:192.0.2.1', { draining: true }).slice(0, 12)).toBe('503 Draining');
    expect(answer('any', 'OPTIONS', 'sip:192.0.2.1', { answersOptions: false }).slice(0, 33)).toBe('0 the node does not answer OPTION');
    expect([answer('any', 'OPTIONS', 'sip:1001@192.0.2.1'), answer('any', 'OPTIONS', us), answer('any', 'INVITE', 'sip:192.0.2.1')]).toEqual(['refuse', 'route', 'refuse']);
  });

  it('gives refusals of every kind', () => {
    const kind = (over: Parameters<typeof query>[0]): string => {
      const { decision } = explain(config, new TestHealth(), query(over));
      return decision.kind === 'refuse' ? decision.refuse : decision.kind;
    };
    expect([kind({ host: 'x' }), kind({ user: '5' }), kind({ sourceAddress: '203.0.113.9' })]).toEqual(['unknown-domain', 'no-rule', 'route']);
  });

  it('says what the live path does next, without taking its turn', () => {
    fc.assert(fc.property(
      fc.constantFrom('1001', '1500', '+49', '9', 'x'), fc.constantFrom('INVITE', 'REGISTER'), fc.constantFrom(4, 6),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 7 }), fc.constantFrom('up', 'down', 'probing', 'unknown')), { maxLength: 7 }), fc.integer({ min: 0, max: 5 }),
      (user, method, family, states, earlier) => {
        const health = new TestHealth();
        for (const [id, state] of states) health.states.set(id, state);
        const q = query({ user, method, family: family === 4 ? 4 : 6 });
        const turns = new Turns();
        const live = (): number[] => {
          const admitted = admit(config, q, null);
          const plan = admitted.ok ? planRoute(config, health, turns, admitted, q, null) : admitted;
          const ids: number[] = [];
          if (!plan.ok) return ids;
          for (let next = nextDestination(plan, health, null); next !== null; next = nextDestination(plan, health, null)) ids.push(next.id);
          return ids;
        };
        for (let i = 0; i < earlier; i++) live();
        const foretold = explain(config, health, q, turns).decision;
        expect(explain(config, health, q, turns).decision).toEqual(foretold);
        expect(foretold.kind === 'route' ? foretold.destinations.map((found) => found.id) : []).toEqual(live());
      },
    ));
  });
});

describe('routeQueryOf', () => {
  const queryOf = (request: Omit<ExplainRequest, 'timeMs'>): ReturnType<typeof routeQueryOf> => routeQueryOf({ ...request, timeMs: 0 });

  it('fills in what a question leaves out', () => {
    const asked = queryOf({ method: 'invite', uri: 'sip:1001;phone-context=x@SIP.acme.example;user=phone' });
    expect(asked).toEqual({
      ok: true,
      value: {
        method: 'INVITE', user: '1001', host: 'sip.acme.example', toHost: 'sip.acme.example', fromKey: '1001;phone-context=x@sip.acme.example', toKey: '1001;phone-context=x@sip.acme.example', authUser: '', timeMs: 0, header: expect.any(Function),
        callId: 'explain', aor: '1001@sip.acme.example', sourceAddress: '', sourcePort: 5060, transport: 'udp', family: 4,
      },
    });
  });

  it('holds a question without a source for a stranger, whatever addresses trunks have', () => {
    const asked = queryOf({ method: 'INVITE', uri: 'sip:1001@sip.acme.example' });
    if (!asked.ok) throw new Error('refused');
    const everywhere = view(tenant(1), domain('sip.acme.example'), routeSet(1), rule(1, { type: 'any' }), set(1), destination(1), trunk('carrier', ['0.0.0.0/0', '::/0']));
    const { decision, steps } = explain(everywhere, new TestHealth(), asked.value);
    expect(decision).toMatchObject({ kind: 'route', trunk: null, domain: 'sip.acme.example' });
    expect(steps[0]).toEqual({ stage: 'source', outcome: 'skipped', text: 'no source is given: a stranger, who is of no trunk' });
    expect(steps.at(-1)).toEqual({ stage: 'destination', outcome: 'info', text: 'if that fails: nothing is left to try in dispatcher set 1; the caller gets the best answer so far' });
  });

  it('takes sources of both families and transports', () => {
    const six = queryOf({ method: 'REGISTER', uri: 'sip:acme.example', source: 'tcp:[2001:db8::7]:5062', from: 'sip:a@x', to: 'sip:%31001@acme.example', callId: 'c' });
    expect(six.ok && [six.value.transport, six.value.sourceAddress, six.value.sourcePort, six.value.family, six.value.aor, six.value.user]).toEqual(['tcp', '2001:db8::7', 5062, 6, '1001@acme.example', '']);
    const four = queryOf({ method: 'INVITE', uri: 'sip:1@x', source: 'udp:198.51.100.1', from: 'sip:2@y' });
    expect(four.ok && [four.value.sourceAddress, four.value.sourcePort, four.value.aor]).toEqual(['198.51.100.1', 5060, '2@y']);
  });

  it('reads tel URIs, escapes and connections as the live path does', () => {
    const tel = queryOf({ method: 'INVITE', uri: 'tel:+49-30-1', from: 'sip:a@acme.example', to: 'tel:+49-30-1', source: 'wss:192.0.2.7' });
    expect(tel.ok && [tel.value.user, tel.value.host, tel.value.toHost, tel.value.transport]).toEqual(['+49301', 'acme.example', 'acme.example', 'wss']);
    const local = queryOf({ method: 'X-Y', uri: 'tel:7;phone-context=Acme.example' });
    expect(local.ok && [local.value.user, local.value.host, local.value.method]).toEqual(['7', 'acme.example', 'X-Y']);
  });

  it.each([
    [{ method: 'IN VITE', uri: 'sip:1@x' }, '/method'], [{ method: 'INVITE', uri: 'http://x' }, '/uri'], [{ method: 'INVITE', uri: 'tel:123' }, '/from'],
    [{ method: 'INVITE', uri: 'sip:1@x', to: '?' }, '/to'], [{ method: 'INVITE', uri: 'sip:1@x', from: '<sip:a@b>' }, '/from'],
    [{ method: 'INVITE', uri: 'sip:1@x', source: 'sctp:192.0.2.1:5060' }, '/source'], [{ method: 'INVITE', uri: 'sip:1@x', source: 'udp:999.0.0.1' }, '/source'],
    [{ method: 'INVITE', uri: 'sip:1@x', source: 'udp:192.0.2.1:70000' }, '/source'], [{ method: 'INVITE', uri: 'sip:1@x', source: 'udp:192.0.2.1:0' }, '/source'],
  ])('names the wrong field of %j', (request, pointer) => {
    const asked = queryOf(request);
    expect(asked.ok ? '' : asked.error.pointer).toBe(pointer);
  });
});
