import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildResponse } from '../../../dataplane/sip/responses.ts';
import { parsed, refused, requestText } from './messages.ts';

describe('buildResponse', () => {
  it('copies what RFC 3261 8.2.6 asks for, in order', () => {
    const request = parsed(requestText({ Via: 'SIP/2.0/UDP a;branch=z9hG4bK1 ,\r\n SIP/2.0/UDP b', v: 'SIP/2.0/UDP c', Subject: 'x' }));
    expect(buildResponse(request, 404, 'Not Found', { toTag: 't9', headers: 'Retry-After: 5\r\n' })).toBe(
      'SIP/2.0 404 Not Found\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1 ,\r\n SIP/2.0/UDP b\r\nVia: SIP/2.0/UDP c\r\nFrom: "Alice" <sip:alice@sip.acme.example>;tag=a1\r\n'
      + 'To: <sip:1001@sip.acme.example>;tag=t9\r\nCall-ID: call-1@192.0.2.7\r\nCSeq: 1 INVITE\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n',
    );
  });

  it('says where the request came from', () => {
    const text = buildResponse(parsed(requestText({ Via: 'SIP/2.0/UDP a;rport;branch=z9hG4bK1, SIP/2.0/UDP b' })), 100, 'Trying', { source: { address: '198.51.100.9', port: 4711 } });
    const response = parsed(text);
    expect(response.topVia).toMatchObject({ host: 'a', received: '198.51.100.9', rport: 4711, branch: 'z9hG4bK1' });
    expect(response.vias()).toHaveLength(2);
    expect(response.toTag).toBe('');
  });

  it('keeps the To tag of a request in a dialog', () => {
    expect(parsed(buildResponse(parsed(requestText({ To: '<sip:x@y>;tag=old' })), 481, 'No', { toTag: 'new' })).toTag).toBe('old');
  });

  it('answers a refused request with what it has', () => {
    const fault = refused(requestText({ To: '', From: '', 'Call-ID': '', CSeq: '' }));
    expect(buildResponse(fault.partial!, 400, fault.reason)).toBe('SIP/2.0 400 Missing From\r\nVia: SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bKabc;rport\r\nContent-Length: 0\r\n\r\n');
    const broken = refused(requestText({ Via: 'SIP/2.0/UDP h;;,', v: 'SIP/2.0/UDP c' }));
    expect(buildResponse(broken.partial!, 400, broken.reason)).toContain('Via: SIP/2.0/UDP h;;,\r\nVia: SIP/2.0/UDP c\r\nFrom:');
    expect(buildResponse(refused(requestText({ Via: '' })).partial!, 400, 'x')).not.toContain('Via');
  });

  it('parses back for any request', () => {
    fc.assert(fc.property(fc.integer({ min: 100, max: 699 }), fc.stringMatching(/^[A-Za-z ]{0,20}$/), fc.stringMatching(/^[a-z0-9]{1,10}$/), (status, reason, tag) => {
      const request = parsed(requestText());
      const response = parsed(buildResponse(request, status, reason, { toTag: tag, source: { address: '::1', port: 9 } }));
      return response.status === status && response.reason === reason.trim() && response.toTag === tag && response.callId === request.callId
        && response.cseqNumber === request.cseqNumber && response.cseqMethod === 'INVITE' && response.contentLength === 0;
    }));
  });
});
