/** A session as it is written down for the process that comes after this one. */
import type { MediaSession } from './session.ts';
import type { StreamRecord } from './session-streams.ts';

/** Plain JSON. */
export interface SessionRecord extends MediaSession {
  /** Of this format: a record of another is not understood. */
  readonly format: typeof recordFormat;
  readonly streams: readonly StreamRecord[];
}

const recordFormat = 1;

/** Shares its parts with the session: what is read of it later is newer. */
export const recordOf = (session: MediaSession, streams: readonly StreamRecord[]): SessionRecord => ({ ...session, format: recordFormat, streams });

/** Whether a line of a journal is a record that `restore` takes. */
export const isSessionRecord = (value: unknown): value is SessionRecord =>
  typeof value === 'object' && value !== null && 'format' in value && value.format === recordFormat && 'session' in value && typeof value.session === 'string' && value.session !== ''
  && 'callId' in value && typeof value.callId === 'string' && 'streams' in value && Array.isArray(value.streams) && 'dialogs' in value && Array.isArray(value.dialogs);

/** What of a record is the session. */
export const sessionOf = ({ session, tenant, callId, callerTag, offer, families, numbers, dialogs, current }: SessionRecord): MediaSession =>
  ({ session, tenant, callId, callerTag, offer, families, numbers, dialogs, current });
