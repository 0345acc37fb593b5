/** The session cookie's text (RFC 6265): HttpOnly and SameSite=Strict always, Secure behind TLS. PURE. */
import { sessionCookie } from '../contract/session.ts';
import { sessionTimes } from './sessions.ts';

const maxHeader = 16 * 1024;

/** The first cookie of that name in a Cookie header, or null. */
export function readCookie(header: string | undefined, name: string): string | null {
  if (header === undefined || header.length > maxHeader) return null;
  for (const part of header.split(';')) {
    const at = part.indexOf('=');
    if (at !== -1 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

/** Set-Cookie that starts a session. It lives as long as a session at most does; the server decides when it ends. */
export function startCookie(secret: string, secure: boolean): string {
  return `${sessionCookie}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${sessionTimes.absoluteMs / 1_000}${secure ? '; Secure' : ''}`;
}

/** Set-Cookie that takes it back. */
export function endCookie(secure: boolean): string {
  return `${sessionCookie}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0${secure ? '; Secure' : ''}`;
}
