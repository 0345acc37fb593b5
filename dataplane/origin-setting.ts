/** The syntax of `SIGNALBOX_WS_ORIGINS`: web sites whose pages may open a WebSocket to the node. */
import { splitList } from './comma-list.ts';
import { err, ok, type Result } from './contract/result.ts';

const maxOrigins = 64;
export const originForm = `"*", or up to ${maxOrigins} origins separated by commas, like https://phone.example,https://intra.example:8443`;

/** @returns origins as browsers write them, empty = any; or the part that is not understood */
export function parseOrigins(text: string): Result<readonly string[], string> {
  if (text.trim() === '*') return ok([]);
  const parts = splitList(text);
  if (parts.length === 0 || parts.length > maxOrigins) return err(text);
  const origins: string[] = [];
  for (const part of parts) {
    const url = URL.canParse(part) ? new URL(part) : null;
    // More than an origin, such as a path or a user, would be ignored without a word.
    if (url === null || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) return err(part);
    origins.push(url.origin);
  }
  return ok(origins);
}
