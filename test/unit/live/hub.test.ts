import { describe, expect, it } from 'vitest';
import { EventHub } from '../../../controlplane/live/hub.ts';

const revision = (rev: number) => ({ rev, actor: 'user:a', summary: 's', atMs: 1 });

function idOf(frame: string | undefined): string {
  return /^id: (.*)$/m.exec(frame ?? '')?.[1] ?? '';
}

describe('the hub of live events', () => {
  it('gives every listener every event as one frame', () => {
    const hub = new EventHub('i');
    const seen: string[] = [];
    const { unsubscribe } = hub.subscribe((frame) => seen.push(frame), null);
    hub.publish('revision', revision(1));
    unsubscribe();
    hub.publish('revision', revision(2));
    expect(seen).toEqual(['id: i-1\nevent: revision\ndata: {"rev":1,"actor":"user:a","summary":"s","atMs":1}\n\n']);
    expect(hub.listening).toBe(0);
  });

  it('gives a client that comes back what it missed', () => {
    const hub = new EventHub('i');
    const seen: string[] = [];
    hub.subscribe((frame) => seen.push(frame), null);
    for (let rev = 1; rev <= 5; rev += 1) hub.publish('revision', revision(rev));
    const back = hub.subscribe(() => {}, idOf(seen[1]));
    expect(back).toMatchObject({ reset: false, missed: seen.slice(2) });
    expect(hub.subscribe(() => {}, idOf(seen[4]))).toMatchObject({ reset: false, missed: [] });
  });

  it.each(['other-3', 'i-99', 'i-0x1', 'i-', '', 'i--1'])('tells a client with the id "%s" to read anew', (id) => {
    const hub = new EventHub('i');
    for (let rev = 1; rev <= 5; rev += 1) hub.publish('revision', revision(rev));
    expect(hub.subscribe(() => {}, id)).toMatchObject({ reset: true, missed: [] });
  });

  it('tells so when the ring no longer reaches back', () => {
    const hub = new EventHub('i');
    for (let rev = 1; rev <= 1_005; rev += 1) hub.publish('revision', revision(rev));
    expect(hub.subscribe(() => {}, 'i-3').reset).toBe(true);
    expect(hub.subscribe(() => {}, 'i-5')).toMatchObject({ reset: false });
    expect(hub.subscribe(() => {}, 'i-5').missed).toHaveLength(1_000);
  });

  it('makes figures only for who listens, and keeps none', () => {
    const hub = new EventHub('i');
    let made = 0;
    const figure = () => {
      made += 1;
      return { atMs: 0, calls: 1, callsPerSecond: 0, failureRatio: 0, nodes: { total: 0, inStep: 0, connected: 0 }, headRev: 0, destinations: {} };
    };
    hub.show('stats', figure);
    expect(made).toBe(0);
    const seen: string[] = [];
    hub.subscribe((frame) => seen.push(frame), null);
    hub.show('stats', figure);
    expect(made).toBe(1);
    expect(seen[0]).toMatch(/^event: stats\ndata: \{.*\}\n\n$/);
    hub.publish('revision', revision(1));
    expect(hub.subscribe(() => {}, 'i-0').missed).toHaveLength(1);
  });
});
