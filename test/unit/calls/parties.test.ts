import { describe, expect, it } from 'vitest';
import { partiesOf, partyLength, readParties } from '../../../dataplane/calls/parties.ts';
import type { SipMessage } from '../../../dataplane/sip/message.ts';
import { parseMessage } from '../../../dataplane/sip/parse.ts';

function invite(uri: string, from: string, to: string): SipMessage {
  const parsed = parseMessage(`INVITE ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: ${from};tag=1\r\nTo: ${to}\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  return parsed.message;
}

const read = (message: SipMessage) => readParties(partiesOf(message));

describe('who calls whom', () => {
  it.each([
    ['sip:1001@acme.example', '1001@acme.example'],
    ['sip:+4930123:secret@Acme.example;user=phone', '+4930123@Acme.example'],
    ['sip:1001;ext=2@198.51.100.1:5070;transport=udp', '1001;ext=2@198.51.100.1:5070'],
    ['sips:[2001:db8::1]:5061;lr', '[2001:db8::1]:5061'],
    ['sip:bob@[2001:db8::1]', 'bob@[2001:db8::1]'],
    ['tel:+49-30-123;phone-context=+49', '+49-30-123'],
  ])('is what %s is known by: no scheme, password, parameters or headers', (uri, known) => {
    expect(read(invite(uri, `"Ann, Sales" <${uri}?Subject=x>`, `<${uri}>`))).toEqual({ caller: known, callee: known, dialled: known });
  });

  it('is bounded whatever a caller writes', () => {
    const long = read(invite(`sip:${'d'.repeat(300)}@x`, `<sip:${'f'.repeat(300)}@x>`, `<sip:${'t'.repeat(300)}@x>`));
    expect(long).toEqual({ caller: 'f'.repeat(partyLength), callee: 't'.repeat(partyLength), dialled: 'd'.repeat(partyLength) });
  });

  it('is empty for a call that a process of an older version has handed over', () => {
    expect(readParties(undefined)).toEqual({ caller: '', callee: '', dialled: '' });
  });
});
