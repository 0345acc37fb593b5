/** Torture messages whose verdict by Kamailio 5.6.3 is none that the index of the corpus allows. */
export interface TortureDifference {
  readonly verdict: string;
  readonly reason: string;
}

export const tortureDifferences: Readonly<Record<string, TortureDifference>> = {
  wsinv: { verdict: 'silent', reason: 'folds inside CSeq and Content-Length are not understood' },
  intmeth: { verdict: 'silent', reason: "a header name with !, % and ' is taken for an error" },
  esc02: { verdict: 'silent', reason: 'a header name with % is taken for an error' },
  dblreq: { verdict: '400', reason: 'bytes behind the body are an error to its check of Content-Length' },
  trws: { verdict: 'broken', reason: 'the space behind the request line goes on to the backend' },
  escruri: { verdict: 'forward', reason: 'with the headers embedded in the Request-URI' },
};
