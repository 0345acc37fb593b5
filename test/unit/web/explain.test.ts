import { describe, expect, it } from 'vitest';
import { explainBody, searchOf, valuesOf } from '../../../web/src/pages/explain/explain-form.ts';

describe('a question', () => {
  it('leaves out what is empty: no source is a stranger, no time is now', () => {
    expect(explainBody(valuesOf({ uri: ' sip:1@x ' }))).toEqual({ method: 'INVITE', uri: 'sip:1@x' });
  });

  it('carries every field of the API, and its address says the same elsewhere', () => {
    const atMs = new Date(2026, 2, 2, 9, 0).getTime();
    const search = { method: 'MESSAGE', uri: 'sip:1@x', source: 'udp:192.0.2.7', from: 'sip:a@x', to: 'sip:b@x', at: String(atMs), node: 'ams-1', headers: 'X-Account: 47:11\n\n x-b :2', callId: 'c', authUser: 'u' };
    const values = valuesOf(search);
    expect(values.at).toBe('2026-03-02T09:00');
    expect(searchOf(values)).toEqual(search);
    const { at: _at, headers: _headers, ...texts } = search;
    expect(explainBody(values)).toEqual({ ...texts, atMs, headers: { 'X-Account': '47:11', 'x-b': '2' } });
  });

  it('names a line that is no header at its field', () => {
    expect(() => explainBody({ ...valuesOf({ uri: 'sip:1@x' }), headers: 'X-Account 4711' })).toThrow(expect.objectContaining({ fields: [expect.objectContaining({ pointer: '/headers' })] }));
  });
});
