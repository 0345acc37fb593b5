/** Texts that a fuzzer found, each with its target: they stay fixed. */
export const crashers: readonly { readonly target: string; readonly text: string }[] = [
  // An empty label in a host name lost a dot when the URI was put together again.
  { target: 'uri', text: 'sip:b.exexe/xexex@le..:5060' },
  // A no-break space is one byte above 127, not white space.
  { target: 'uri', text: 'tel:+49-30-\u00a03;phone-context=e' },
  // A broken escape made a sip URI of it that nobody takes.
  { target: 'uri', text: 'tel:+49-30-123;p%ext=example.com' },
  // Nobody to call.
  { target: 'uri', text: 'tel:(' },
  // A version in small letters went on as it was.
  { target: 'parser', text: 'OPTIONS sip:a@example.com SIp/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: <sip:b@h>;tag=1\r\nTo: <sip:a@example.com>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n' },
];
