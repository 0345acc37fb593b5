import { describe, expect, it } from 'vitest';
import { requestUriOf, withoutMaddr } from '../../../dataplane/proxy/readdress.ts';
import { bareUser } from '../../../dataplane/routing/query-uri.ts';
import type { RoutePlan } from '../../../dataplane/routing/plan.ts';
import { decodeEscapes, parseSipUri } from '../../../dataplane/sip/uri.ts';

/** What a plan that leads to `user` at `host` makes of the Request-URI. */
function readdressed(text: string, user: string | null, host: string | null = null): string | null {
  const uri = parseSipUri(text);
  if (uri === null) throw new Error(`no URI: ${text}`);
  const asked = { user: decodeEscapes(bareUser(uri.user)), host: uri.host };
  const result = requestUriOf({ user: user ?? asked.user, host: host ?? asked.host, query: asked } as unknown as RoutePlan, uri);
  if (result !== null) expect(parseSipUri(result), result).not.toBeNull();
  return result;
}

describe('the Request-URI of a plan', () => {
  it('stays as it came when nothing changes', () => {
    expect(readdressed('sip:1001@acme.example:5070;user=phone', null)).toBeNull();
  });

  it.each([
    ['sip:1001@acme.example', '2001', 'sip:2001@acme.example'],
    ['sips:1001:secret@acme.example:5070;transport=tcp?Subject=x', '2001', 'sips:2001:secret@acme.example:5070;transport=tcp?Subject=x'],
    ['sip:1001;phone-context=x@acme.example', '+4930', 'sip:+4930;phone-context=x@acme.example'],
    ['sip:acme.example', '2001', 'sip:2001@acme.example'],
    ['sip:%31001@acme.example', 'a b@c', 'sip:a%20b%40c@acme.example'],
    ['sip:911@acme.example;lr', '', 'sip:acme.example;lr'],
    ['sip:1001;p=1:pw@[2001:db8::1]:5062', '', 'sip:[2001:db8::1]:5062'],
    ['tel:1001;phone-context=+49', '+491001', 'tel:+491001;phone-context=+49'],
  ])('%s for user %j is %s', (text, user, expected) => {
    expect(readdressed(text, user)).toBe(expected);
  });

  it.each([
    ['sip:1001@old.example:5070;user=phone', null, 'new.example', 'sip:1001@new.example;user=phone'],
    ['sip:1001@old.example', '2001', 'new.example', 'sip:2001@new.example'],
    ['sip:old.example', null, '2001:db8::1', 'sip:[2001:db8::1]'],
    ['sip:1001@[2001:db8::1]:5062;lr', null, 'new.example', 'sip:1001@new.example;lr'],
    ['sip:1001@old.example', '', 'new.example', 'sip:new.example'],
  ])('%s for user %j at %s is %s', (text, user, host, expected) => {
    expect(readdressed(text, user, host)).toBe(expected);
  });
});

it.each([
  ['sip:1001@acme.example:5070;maddr=192.0.2.1;transport=tcp', 'sip:1001@acme.example'],
  ['sip:1001;x=maddr@acme.example;user=phone;MADDR=192.0.2.1;maddrs=1', 'sip:1001;x=maddr@acme.example;user=phone;maddrs=1'],
  ['sip:[2001:db8::9]:5070;maddr=192.0.2.1', 'sip:[2001:db8::9]'],
])('%s whose maddr is done with is %s', (text, expected) => {
  expect(withoutMaddr(text)).toBe(expected);
});
