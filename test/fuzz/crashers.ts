/** Texts that a fuzzer found, each with its target: they stay fixed. */
export const crashers: readonly { readonly target: string; readonly text: string }[] = [
  // An empty label in a host name lost a dot when the URI was put together again.
  { target: 'uri', text: 'sip:b.exexe/xexex@le..:5060' },
  // A no-break space is one byte above 127, not white space.
  { target: 'uri', text: 'tel:+49-30-\u00a03;phone-context=e' },
];
