import { describe, expect, it } from 'vitest';
import type { MediaEvent } from '../../../dataplane/media/messages.ts';
import { SessionEvents } from '../../../dataplane/media/session-events.ts';
import { ManualClock } from '../../../dataplane/runtime/clock.ts';

describe('events of media sessions', () => {
  it('name the call, one of a kind a second, and how many there were besides', () => {
    const clock = new ManualClock(0);
    const told: MediaEvent[] = [];
    const events = new SessionEvents((event) => told.push(event), clock);
    for (let i = 0; i < 5; i++) events.idle(`session-${i}`, `call-${i}`);
    events.silent('session-7', 'caller', 'call-7');
    clock.advance(1_000);
    events.idle('session-8', 'call-8');
    events.lost('session-9', 'c'.repeat(500));
    expect(told.map(({ kind, subject, text }) => [kind, subject, text])).toEqual([
      ['media.idle', 'session-0', 'the media of a call has ended: no packet came from either side (Call-ID call-0)'],
      ['media.silent', 'session-7', 'no media comes from the caller of a call, while the other side sends (Call-ID call-7)'],
      ['media.idle', 'session-8', 'the media of a call has ended: no packet came from either side (Call-ID call-8; and 4 others)'],
      ['media.idle', 'session-9', `the media of a call has ended: its rtpengine does not know it any more (restarted, or by its own time-out) (Call-ID ${'c'.repeat(128)})`],
    ]);
    expect(told[2]?.detail).toEqual({ session: 'session-8', callId: 'call-8', more: 4 });
  });
});
