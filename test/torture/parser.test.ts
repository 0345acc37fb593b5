import { describe, expect, it } from 'vitest';
import { FRAME, StreamFramer } from '../../dataplane/sip/framing.ts';
import { parseMessage } from '../../dataplane/sip/parse.ts';
import type { SipMessage } from '../../dataplane/sip/message.ts';
import { buildResponse } from '../../dataplane/sip/responses.ts';
import { tortureMessages, tortureText, tortureTextOf } from './corpus.ts';

/**
 * The parser's share of the verdicts: "accept" leaves the rest to the proxy, a number is answered, "drop" is silence.
 * A message that is not named here is accepted.
 */
const refusals: Readonly<Record<string, string>> = {
  badinv01: '400 Malformed Via',
  clerr: '400 Body Shorter Than Content-Length',
  ncl: '400 Malformed Content-Length',
  scalar02: '400 Malformed CSeq',
  scalarlg: 'drop',
  quotbal: '400 Malformed To',
  ltgtruri: '400 Malformed Request-URI',
  lwsruri: '400 Malformed Request Line',
  lwsstart: '400 Malformed Request Line',
  escruri: '400 Headers In Request-URI',
  badaspec: '400 Malformed To',
  baddn: '400 Malformed From',
  badvers: '505 Version Not Supported',
  mismatch01: '400 CSeq Method Does Not Match',
  mismatch02: '400 CSeq Method Does Not Match',
  bigcode: 'drop',
  insuf: '400 Missing From',
  unkscm: '416 Unsupported URI Scheme',
  novelsc: '416 Unsupported URI Scheme',
  multi01: '400 Repeated From',
  mcl01: '400 Repeated Content-Length',
  'v6.ipv6-bad': '400 Malformed Request-URI',
  'v6.ipv6-bug-abnf-3-colons': '400 Malformed Request-URI',
};

const verdict = (text: string): string => {
  const outcome = parseMessage(text);
  if (outcome.ok) return 'accept';
  return outcome.answerable ? `${outcome.status} ${outcome.reason}` : 'drop';
};

const accepted = (name: string): SipMessage => {
  const outcome = parseMessage(tortureTextOf(name));
  if (!outcome.ok) throw new Error(`${name}: ${outcome.reason}`);
  return outcome.message;
};

describe('verdicts on the torture messages', () => {
  it('knows all 49 messages of RFC 4475 and all 12 of RFC 5118', () => {
    expect(tortureMessages.filter(({ rfc }) => rfc === '4475')).toHaveLength(49);
    expect(tortureMessages.filter(({ rfc }) => rfc === '5118')).toHaveLength(12);
    expect(Object.keys(refusals).filter((name) => !tortureMessages.some((message) => message.name === name))).toEqual([]);
  });

  it.each(tortureMessages.map((message) => [message.name, message] as const))('%s', (name, message) => {
    const found = verdict(tortureText(message));
    expect(found).toBe(refusals[name] ?? 'accept');
    // The table above must not contradict what the RFC says.
    const allowed = [...message.expect, ...(message.tolerated ?? [])];
    if (found === 'drop') expect(allowed).toContain('silent');
    else if (found !== 'accept') expect(allowed.some((one) => one === found.slice(0, 3) || one === 'reject')).toBe(true);
    else expect(allowed.some((one) => one !== '400' && one !== '416' && one !== '505')).toBe(true);
  });

  it.each(tortureMessages.map((message) => [message.name, message] as const))('%s: a refusal is a message that parses', (_name, message) => {
    const outcome = parseMessage(tortureText(message));
    if (outcome.ok || !outcome.answerable || outcome.partial === null) return;
    const text = buildResponse(outcome.partial, outcome.status, outcome.reason, { toTag: 'x' });
    expect(text.startsWith(`SIP/2.0 ${outcome.status} ${outcome.reason}\r\nVia: `)).toBe(true);
    expect(text.endsWith('Content-Length: 0\r\n\r\n')).toBe(true);
  });

  it.each(tortureMessages.filter(({ transport }) => transport === 'tcp').map((message) => [message.name, message] as const))(
    '%s comes whole out of a stream, byte by byte',
    (_name, message) => {
      const text = tortureText(message);
      const framer = new StreamFramer();
      const found: string[] = [];
      for (const byte of text) {
        framer.push(byte);
        let frame = framer.next();
        while (frame === FRAME.message) {
          found.push(framer.text);
          frame = framer.next();
        }
        expect(frame).toBe(FRAME.more);
      }
      expect(found).toEqual([text]);
    },
  );
});

describe('what the torture messages say', () => {
  it('wsinv: folds, compact forms, white space around every separator', () => {
    const message = accepted('wsinv');
    expect(message.toTag).toBe('1918181833n');
    expect(message.fromTag).toBe('98asjd8');
    expect(message.from?.display).toBe('"J Rosenberg \\\\\\""');
    expect(message.maxForwards).toBe(68);
    expect(message.cseqNumber).toBe(9);
    expect(message.cseqMethod).toBe('INVITE');
    expect(message.contentLength).toBe(150);
    expect(message.vias().map((via) => [via.transport, via.host, via.branch])).toEqual([
      ['UDP', '192.0.2.2', '390skdjuw'],
      ['TCP', 'spindle.example.com', 'z9hG4bK9ikj8'],
      ['UDP', '192.168.255.111', 'z9hG4bK30239'],
    ]);
    expect(message.routes().map((route) => [route.uri, route.loose])).toEqual([['sip:services.example.com;lr;unknownwith=value;unknown-no-value', true]]);
    expect(message.header('newfangledheader')).toBe('newfangled value continued newfangled value');
    expect(message.header('subject')).toBe('');
    expect(message.contact?.param('q')).toBe('0.33');
    expect(message.contact?.param('secondparam')).toBe('');
  });

  it('intmeth: any token is a method, any user character stays', () => {
    const message = accepted('intmeth');
    expect(message.method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
    expect(message.sipUri?.host).toBe('example.com');
    expect(message.to?.display).toBe('"BEL:\\\u0007 NUL:\\\u0000 DEL:\\\u007f"');
    expect(message.fromTag).toBe("_token~1'+`*%!-.");
    expect(message.callId).toBe("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
    expect(message.header("extensionheader-!.%*+_`'~")).not.toBeUndefined();
  });

  it('esc01, escnull, semiuri: escapes are resolved once and end nothing', () => {
    expect(accepted('esc01').sipUri?.decodedUser).toBe('sips:user@example.com');
    expect(accepted('esc01').contact?.sipUri?.param('n%61me')).toBe('v%61lue%25%34%31');
    expect(accepted('escnull').to?.sipUri?.decodedUser).toBe('null-\u0000-null');
    expect(accepted('semiuri').sipUri?.decodedUser).toBe('user;par=u@example.net');
    expect(accepted('semiuri').sipUri?.host).toBe('example.com');
  });

  it('esc02: a percent sign in a method or header name is no escape', () => {
    const message = accepted('esc02');
    expect(message.method).toBe('RE%47IST%45R');
    expect(message.headers('contact')).toHaveLength(2);
    expect(message.header('c%6fntact')).toBe('<sip:alias2@host2.example.com>');
  });

  it('dblreq: bytes behind the body are gone', () => {
    const message = accepted('dblreq');
    expect(message.raw).not.toContain('INVITE sip:joe');
    expect(message.raw.endsWith('Content-Length: 0\r\n\r\n')).toBe(true);
  });

  it('mpart01, unreason: bytes stay as they came', () => {
    expect(accepted('mpart01').raw).toBe(tortureTextOf('mpart01'));
    expect(accepted('mpart01').body).toHaveLength(553);
    expect(Buffer.from(accepted('unreason').reason, 'latin1').toString('utf8')).toBe('= 2**3 * 5**2 но сто девяносто девять - простое');
    expect(accepted('noreason').reason).toBe('');
  });

  it('trws: the space behind the request line is gone', () => {
    expect(accepted('trws').raw.startsWith('OPTIONS sip:remote-target@example.com SIP/2.0\r\n')).toBe(true);
  });

  it('transports, longreq: every Via counts, whatever its transport', () => {
    expect(accepted('transports').vias().map((via) => via.transport)).toEqual(['UDP', 'SCTP', 'TLS', 'UNKNOWN', 'TCP']);
    expect(accepted('longreq').vias()).toHaveLength(34);
    expect(accepted('longreq').vias().at(-1)?.received).toBe('192.0.2.5');
  });

  it('badbranch, inv2543: no cookie, so RFC 2543 matching', () => {
    expect(accepted('badbranch').topVia?.hasCookie).toBe(false);
    expect(accepted('inv2543').topVia?.hasCookie).toBe(false);
    expect(accepted('inv2543').topVia?.branch).toBe('');
  });

  it('RFC 5118: addresses with and without brackets', () => {
    expect(accepted('v6.port-ambiguous').sipUri).toMatchObject({ host: '2001:db8::10:5070', port: 0 });
    expect(accepted('v6.port-unambiguous').sipUri).toMatchObject({ host: '2001:db8::10', port: 5070 });
    expect(accepted('v6.via-received-param-with-delim').topVia?.received).toBe('2001:db8::9:255');
    expect(accepted('v6.via-received-param-no-delim').topVia?.received).toBe('2001:db8::9:255');
    expect(accepted('v6.ipv4-mapped-ipv6').topVia).toMatchObject({ host: '::ffff:192.0.2.10', port: 19823 });
    expect(accepted('v6.mult-ip-in-header').vias().map((via) => via.sentBy)).toEqual(['[2001:db8::9:1]:6050', '192.0.2.1', '[2001:db8::9:255]']);
  });

  it('bext01, zeromf: the proxy finds what it has to answer', () => {
    const bext = accepted('bext01');
    expect(bext.raw.slice(bext.proxyRequireStart, bext.proxyRequireEnd)).toBe('noProxiesSupportThis, norDoAnyProxiesSupportThis');
    expect(accepted('zeromf').maxForwards).toBe(0);
  });
});
