/** The text of a response as it goes up (RFC 3261 §16.7 steps 3 and 9). */
import type { Edits } from '../sip/edits.ts';
import { H } from '../sip/header-names.ts';
import { keepValues } from '../sip/list-values.ts';
import type { SipMessage } from '../sip/message.ts';
import { isStream, type TransportName } from '../transport/flow.ts';
import type { ProxyEnvironment } from './environment.ts';

/**
 * The response without our Via, for a next hop over `transport`.
 * @param extraLines whole header lines to add, or ''
 */
export function forUpstream(env: ProxyEnvironment, response: SipMessage, transport: TransportName, extraLines: string): string {
  const { raw, topVia: top } = response;
  if (top === null) return raw;
  const unframed = isStream(transport) && response.contentLength < 0;
  const leaking = response.status >= 300 && response.has(H.recordRoute);
  // The Via value's own line is taken out; only a list of values on it, or one of the rare rules, costs a closer look.
  if (!unframed && !leaking && extraLines === '' && raw.charCodeAt(top.end) === 13 && top.end + 2 === top.lineEnd) return raw.slice(0, top.lineStart) + raw.slice(top.lineEnd);
  const { edits } = env;
  edits.clear();
  const second = response.via(1);
  if (second !== null && second.lineStart === top.lineStart) edits.remove(top.start, second.start);
  else edits.remove(top.lineStart, top.lineEnd);
  if (unframed) edits.insert(response.headersEnd, `Content-Length: ${raw.length - response.bodyStart}\r\n`);
  if (extraLines !== '') edits.insert(response.headersEnd, extraLines);
  if (leaking) removeOwnRecordRoutes(env, edits, response);
  return edits.apply(raw);
}

/**
 * Many backends copy Record-Route into every response. Where no dialog came about nobody has a use for ours but a stranger:
 * with its token a request with a forged To tag would pass.
 */
function removeOwnRecordRoutes(env: ProxyEnvironment, edits: Edits, response: SipMessage): void {
  const values = response.routeValues('record-route');
  const isOurs = (index: number): boolean => {
    const uri = values[index]?.sipUri ?? null;
    return uri !== null && env.identity.means(uri);
  };
  let from = 0;
  while (from < values.length && !isOurs(from)) from++;
  let to = from;
  while (to < values.length && isOurs(to)) to++;
  if (from === to) return;
  if (from === 0) keepValues(edits, values, to, values.length);
  else if (to === values.length) keepValues(edits, values, 0, from);
  else removeLines(edits, values);
}

/** Ours between others': all of them go, as no proxy reads the Record-Route of a failure. */
function removeLines(edits: Edits, values: readonly { readonly lineStart: number; readonly lineEnd: number }[]): void {
  let behind = -1;
  for (const { lineStart, lineEnd } of values) {
    if (lineStart !== behind) edits.remove(lineStart, lineEnd);
    behind = lineStart;
  }
}
