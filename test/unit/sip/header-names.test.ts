import { describe, expect, it } from 'vitest';
import { H, compactForms, headerIdAt } from '../../../dataplane/sip/header-names.ts';
import { load } from '../../../dataplane/sip/scratch.ts';

const idOf = (name: string): number => {
  load(name);
  return headerIdAt(0, name.length);
};

const known: Readonly<Record<string, number>> = {
  Via: H.via, From: H.from, To: H.to, 'Call-ID': H.callId, CSeq: H.cseq, 'Max-Forwards': H.maxForwards, 'Content-Length': H.contentLength, Route: H.route, Contact: H.contact,
  'User-Agent': H.userAgent, 'Proxy-Require': H.proxyRequire, 'Record-Route': H.recordRoute, Path: H.path, Supported: H.supported, Require: H.require, 'Content-Type': H.contentType, Expires: H.expires,
};

describe('headerIdAt', () => {
  it.each(Object.entries(known))('%s in any case', (name, id) => {
    for (const spelling of [name, name.toUpperCase(), name.toLowerCase()]) expect(idOf(spelling)).toBe(id);
  });

  it('compact forms', () => {
    for (const [short, long] of Object.entries(compactForms)) {
      const id = Object.entries(known).find(([name]) => name.toLowerCase() === long)?.[1] ?? H.other;
      expect([idOf(short), idOf(short.toUpperCase())]).toEqual([id, id]);
    }
  });

  it('nothing else', () => {
    for (const name of ['q', '!', 'Vi', 'Vias', 'Vix', 'Call_ID', 'C\u0001eq', 'To\u0000', 'Event', 'x'.repeat(40)]) expect(idOf(name)).toBe(H.other);
  });
});
