/** What an operator hears of sessions that go wrong, whoever serves them. PURE. */
import type { MediaEvent } from './messages.ts';
import type { Side } from './relay.ts';

export const idleEvent = (session: string): MediaEvent =>
  ({ kind: 'media.idle', subject: session, text: `media session ${session} ended: no packet came from either side`, detail: { session } });

export const lostEvent = (session: string): MediaEvent =>
  ({ kind: 'media.idle', subject: session, text: `media session ${session} ended: its rtpengine does not know it any more (restarted, or by its own time-out)`, detail: { session } });

export const silentEvent = (session: string, side: Side): MediaEvent =>
  ({ kind: 'media.silent', subject: session, text: `no media comes from the ${side} of media session ${session}, while the other side sends`, detail: { session, side } });
