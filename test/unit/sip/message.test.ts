import { describe, expect, it } from 'vitest';
import { bounds } from '../../../dataplane/sip/bounds.ts';
import { H } from '../../../dataplane/sip/header-names.ts';
import { parsed, requestText } from './messages.ts';

const cut = (raw: string, at: { readonly start: number; readonly end: number }): string => raw.slice(at.start, at.end);

describe('SipMessage', () => {
  it('counts Via values over lines and commas', () => {
    const message = parsed(requestText({
      Via: 'SIP/2.0/UDP a;branch=z9hG4bK1;x="q,;\\"z" , SIP/2.0/TCP [2001:db8::1]:5061;branch=z9hG4bK2', v: 'SIP/2.0/TLS c;branch=z9hG4bK3',
    }));
    expect(message.vias().map((via) => cut(message.raw, via))).toEqual([
      'SIP/2.0/UDP a;branch=z9hG4bK1;x="q,;\\"z"', 'SIP/2.0/TCP [2001:db8::1]:5061;branch=z9hG4bK2', 'SIP/2.0/TLS c;branch=z9hG4bK3',
    ]);
    expect(message.via(0)).toBe(message.topVia);
    expect(message.via(2)?.host).toBe('c');
    expect(message.via(3)).toBeNull();
    expect(message.raw.slice(message.via(2)!.lineStart, message.via(2)!.lineEnd)).toBe('v: SIP/2.0/TLS c;branch=z9hG4bK3\r\n');
    expect([message.has(H.via), message.repeats(H.via), message.has(H.path)]).toEqual([true, true, false]);
  });

  it('stops at a malformed Via behind the first', () => {
    const message = parsed(requestText({ Via: 'SIP/2.0/UDP a, SIP/2.0/UDP , SIP/2.0/UDP c' }));
    expect(message.vias()).toHaveLength(1);
    expect(message.via(1)).toBeNull();
  });

  it('bounds the values it keeps', () => {
    const many = (value: string): string => Array.from({ length: 200 }, () => value).join(',');
    const message = parsed(requestText({ Via: many('SIP/2.0/UDP a'), Route: many('<sip:a;lr>') }));
    expect(message.vias()).toHaveLength(bounds.viaValues);
    expect(message.routes()).toHaveLength(bounds.routeValues);
  });

  it('finds Route values with their lines', () => {
    const message = parsed(requestText({ Route: '<sip:a;lr>;x=1,\r\n "x, y" <sip:b>', route: 'sip:c;lr' }));
    const routes = message.routes();
    expect(routes.map((route) => [cut(message.raw, route), route.loose])).toEqual([['<sip:a;lr>;x=1', true], ['"x, y" <sip:b>', false], ['sip:c;lr', false]]);
    expect(message.firstRoute()).toMatchObject({ start: routes[0]?.start, end: routes[0]?.end, lineStart: routes[0]?.lineStart, lineEnd: routes[0]?.lineEnd });
    expect(message.raw.slice(routes[1]!.lineStart, routes[1]!.lineEnd)).toBe('Route: <sip:a;lr>;x=1,\r\n "x, y" <sip:b>\r\n');
  });

  it('has no Route, or a malformed one', () => {
    expect(parsed(requestText()).firstRoute()).toBeNull();
    expect(parsed(requestText()).routes()).toEqual([]);
    const broken = parsed(requestText({ Route: '<sip:a' }));
    expect(broken.firstRoute()).toBeNull();
    expect(broken.routes()).toEqual([]);
    expect(parsed(requestText({ Route: '<urn:x>' })).firstRoute()?.loose).toBe(false);
  });

  it('gives any header by its long name', () => {
    const message = parsed(requestText({ k: '100rel', 'X-Fold': 'a\r\n\t b \r\n  c', X_under: '1', Warning: 'one', warning: 'two' }));
    expect(message.header('supported')).toBe('100rel');
    expect(message.header('x-fold')).toBe('a b c');
    expect(message.header('x_under')).toBe('1');
    expect(message.headers('warning').map((line) => cut(message.raw, line))).toEqual(['one', 'two']);
    expect(message.header('absent')).toBeUndefined();
  });

  it('knows what is not there', () => {
    const message = parsed(requestText({ Contact: '*' }));
    expect(message.contact).toBeNull();
    expect(message.userAgent).toBe('');
    expect(parsed(requestText()).contact).toBeNull();
    expect(parsed(requestText({ 'User-Agent': 'a\r\n b' })).userAgent).toBe('a b');
  });

  it('keeps what it has parsed', () => {
    const message = parsed(requestText());
    expect(message.from).toBe(message.from);
    expect(message.sipUri).toBe(message.sipUri);
    expect(message.vias()).toBe(message.vias());
    expect(message.routes()).toBe(message.routes());
  });

  it('takes a Route value without angle brackets as addr-spec: its parameters are the header\'s', () => {
    const route = parsed(requestText({ Route: 'sip:c;lr' })).firstRoute();
    expect(route?.uri).toBe('sip:c');
    expect(route?.address.param('lr')).toBe('');
  });
});
