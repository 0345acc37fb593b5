/**
 * Who did what that is not configuration (that has the change log): sign-ins, users, tokens, nodes. Entries are events
 * of the kind `audit` with actor, address and request id; never a secret.
 */
import type { FastifyRequest } from 'fastify';
import type { EventLog } from '../live/event-log.ts';

export interface AuditEntry {
  /** `session.start`, `user.create`, `token.revoke`... */
  readonly action: string;
  /** What it was done to. */
  readonly subject: string;
  /** One sentence without the actor. */
  readonly text: string;
  readonly severity?: 'info' | 'warning';
  /** Who, when the request itself does not say (a sign-in). */
  readonly actor?: string;
}

export interface Audit {
  record(request: FastifyRequest, entry: AuditEntry): void;
}

export function createAudit(events: Pick<EventLog, 'record'>): Audit {
  return {
    record(request, entry) {
      const actor = entry.actor ?? actorOf(request);
      events.record({
        kind: 'audit', severity: entry.severity ?? 'info', node: null, subject: entry.subject, text: `${actor}: ${entry.text}`,
        detail: { action: entry.action, actor, address: request.ip, requestId: request.id },
      });
    },
  };
}

/** `user:EMAIL`, `token:NAME` or `system`, as the change log has it. */
export function actorOf(request: FastifyRequest): string {
  const { principal } = request;
  if (principal === null) return 'nobody';
  return principal.kind === 'user' ? `user:${principal.name}` : `token:${principal.name}`;
}
