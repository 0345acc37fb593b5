import { describe, expect, it } from 'vitest';
import type { MediaEvent } from '../../../dataplane/media/messages.ts';
import type { Journal, JournalRecord } from '../../../dataplane/media/journal.ts';
import { SessionEvents, watchSessions } from '../../../dataplane/media/session-events.ts';
import { ManualClock } from '../../../dataplane/runtime/clock.ts';

describe('events of media sessions', () => {
  it('tell of calls that were idle or lost, and of none that was hung up; the journal forgets each', () => {
    const told: string[] = [];
    const forgotten: string[] = [];
    const journal = { changed: () => undefined, ended: (session: string) => void forgotten.push(session) };
    const watch = watchSessions(journal as unknown as Journal<JournalRecord>, new SessionEvents(({ subject }) => told.push(subject), new ManualClock(0)));
    watch.ended('a', 'call', '1');
    watch.ended('b', 'idle', '2');
    watch.ended('c', 'lost', '3');
    expect([told, forgotten]).toEqual([['b', 'c'], ['a', 'b', 'c']]);
  });

  it('name the call, one of a kind a second, and how many there were besides', () => {
    const clock = new ManualClock(0);
    const told: MediaEvent[] = [];
    const events = new SessionEvents((event) => told.push(event), clock);
    for (let i = 0; i < 5; i++) events.idle(`session-${i}`, `call-${i}`);
    events.silent('session-7', 'caller', 'call-7');
    events.circles('session-6', 'callee', 'call-6');
    clock.advance(1_000);
    events.idle('session-8', 'call-8');
    events.lost('session-9', 'c'.repeat(500));
    expect(told.map(({ kind, subject, text }) => [kind, subject, text])).toEqual([
      ['media.idle', 'session-0', 'the media of a call has ended: no packet came from either side (Call-ID call-0)'],
      ['media.silent', 'session-7', 'no media comes from the caller of a call, while the other side sends (Call-ID call-7)'],
      ['media.circle', 'session-6', 'packets went round between calls that were connected directly: nothing more goes to the callee of a call until its SDP names another place (Call-ID call-6)'],
      ['media.idle', 'session-8', 'the media of a call has ended: no packet came from either side (Call-ID call-8; and 4 others)'],
      ['media.idle', 'session-9', `the media of a call has ended: its engine has it no more (an rtpengine restarted or timed it out; after a restart of the node its ports or what was written down of it were gone) (Call-ID ${'c'.repeat(128)})`],
    ]);
    expect(told[3]?.detail).toEqual({ session: 'session-8', callId: 'call-8', more: 4 });
  });
});
