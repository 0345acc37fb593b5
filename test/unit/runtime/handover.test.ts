/** The parts of an upgrade that need no processes: frames, keys, and what is handed to whom. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { newLimitBuffer } from '../../../dataplane/calls/limit-cells.ts';
import { CallTable, type CallEntry } from '../../../dataplane/calls/table.ts';
import { TenantLimits } from '../../../dataplane/calls/tenant-limits.ts';
import { Debts } from '../../../dataplane/runtime/debts.ts';
import { Former } from '../../../dataplane/runtime/former.ts';
import { HandoverDesk, type Estate } from '../../../dataplane/runtime/handover-desk.ts';
import { HandoverLink, keyFrames, keysOf, type Frame } from '../../../dataplane/runtime/handover-link.ts';
import { KeySet } from '../../../dataplane/runtime/key-set.ts';
import { NeighbourMail, type Mail } from '../../../dataplane/runtime/neighbour-mail.ts';
import { newDirectoryBuffer, TransactionDirectory } from '../../../dataplane/runtime/transaction-directory.ts';
import { until } from '../../harness/deadline.ts';
import { answerText, backendFlow, parse, phone, requestText } from '../transaction/network.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-handover-'));
afterAll(() => rmSync(folder, { recursive: true }));
let sockets = 0;
const newPath = (): string => join(folder, `${++sockets}.sock`);

/** Both ends of a local socket. */
async function pair(): Promise<[Socket, Socket]> {
  const path = newPath();
  const server = createServer();
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const near = connect(path);
  const far = await accepted;
  server.close();
  return [near, far];
}

describe('HandoverLink', () => {
  it('reads frames however the bytes are cut, with every character of SIP in them', async () => {
    const [near, far] = await pair();
    const frames: Frame[] = [];
    new HandoverLink(far, { frame: (frame) => frames.push(frame), closed: () => undefined });
    const raw = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
    const mail: Mail = { k: 'message', tried: 0, raw, listener: 0, transport: 'udp', family: 4, address: '192.0.2.1', port: 5060, connection: 0 };
    const bytes = [{ t: 'mail', to: 1, from: 2, mail }, { t: 'left', transactions: 3 }].map((frame) => {
      const body = Buffer.from(JSON.stringify(frame));
      return Buffer.concat([Buffer.from([0, 0, body.length >> 8, body.length & 255]), body]);
    });
    for (const byte of Buffer.concat(bytes)) near.write(Buffer.of(byte));
    await until('both frames', 5_000, () => frames.length === 2);
    expect(frames).toEqual([{ t: 'mail', to: 1, from: 2, mail }, { t: 'left', transactions: 3 }]);
    near.destroy();
  });

  it.each([['a frame over its bound', Buffer.from([0x7f, 0xff, 0xff, 0xff])], ['no JSON', Buffer.from('\0\0\0\x02xx')], ['an unknown frame', Buffer.from('\0\0\0\x0b{"t":"odd"}')]])('hangs up on %s', async (_what, bytes) => {
    const [near, far] = await pair();
    let closed = false;
    new HandoverLink(far, { frame: () => { throw new Error('no frame'); }, closed: () => { closed = true; } });
    near.write(bytes);
    await until('the end', 5_000, () => closed);
    near.destroy();
  });

  it('carries any number of keys in bounded frames', () => {
    const keys = Int32Array.from({ length: 240_002 }, (_, i) => (i * 0x9e3779b1) | 0);
    const frames = keyFrames(keys);
    expect(frames.length).toBe(3);
    expect(frames.every((frame) => JSON.stringify(frame).length < 1024 * 1024)).toBe(true);
    const words = frames.flatMap((frame) => (frame.t === 'keys' ? [...keysOf(frame.words)] : []));
    expect(Int32Array.from(words)).toEqual(keys);
    expect(keyFrames(new Int32Array(0))).toEqual([]);
  });
});

describe('KeySet', () => {
  it('has what it was made of, and nothing else', () => {
    const keys = Int32Array.from({ length: 20_000 }, (_, i) => (i * 0x85ebca77) | 0);
    const set = new KeySet(KeySet.of([keys, Int32Array.of(0, 0), new Int32Array(0)]).buffer);
    expect(Array.from({ length: 10_000 }, (_, i) => set.has(keys[2 * i] ?? 0, keys[2 * i + 1] ?? 0)).every(Boolean)).toBe(true);
    expect([set.has(0, 0), set.has(1, 0), set.has(0, 1), set.has(keys[1] ?? 0, keys[0] ?? 0)]).toEqual([true, false, false, false]);
  });
});

describe('an estate', () => {
  it('gives all calls away at once and later ones as they come; reserved calls are counted by the heir until each ends', () => {
    const events: string[] = [];
    const limits = new TenantLimits(newLimitBuffer(16));
    const calls = new CallTable({ added: ({ tenant }) => limits.callStarted(tenant), removed: ({ tenant }) => limits.callEnded(tenant) });
    const entry = (dialog: string): CallEntry => ({ dialog, tenant: 7, destination: 1, startedMs: 0, decision: null, anchor: null, media: '' });
    calls.add(entry('up'));
    limits.callStarted(7);
    expect(calls.bequeath(({ dialog }) => events.push(dialog)).map(({ dialog }) => dialog)).toEqual(['up']);
    const reserved = limits.bequeath((tenant) => events.push(`-${tenant}`));
    expect(reserved).toEqual([[7, 1]]);
    calls.add(entry('later'));
    limits.callEnded(7);
    expect([calls.size, events]).toEqual([0, ['later', '-7']]);

    const heir = new TenantLimits(newLimitBuffer(16));
    const tenant = { id: 7, key: 'a', name: 'A', enabled: true, limits: { calls: 2, cps: 0, registrations: 0 }, policies: { media: 'direct', topologyHiding: false, digest: false, redirects: 'pass', hideCallId: false, latching: 'default' } } as const;
    const debts = new Debts();
    debts.take([[7, 2]], heir);
    heir.adopt(() => tenant);
    expect(heir.admitCall(tenant, 0)).toBe('calls');
    debts.release(7, heir);
    expect([heir.admitCall(tenant, 0), heir.admitCall(tenant, 0)]).toEqual(['pass', 'calls']);
    debts.settle(heir);
    debts.release(7, heir);
    expect([heir.admitCall(tenant, 0), heir.admitCall(tenant, 0)]).toEqual(['pass', 'calls']);
  });
});

describe('NeighbourMail', () => {
  const request = parse(requestText('INVITE'));
  const response = (worker: string): ReturnType<typeof parse> =>
    parse(answerText(requestText('INVITE', { via: `SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKsb${worker}A12345678901` }), 200));

  /** One worker, and a list of `owner: tried` of what it hands over. */
  function worker(self: { generation: number; worker: number; workers: number }, directory: TransactionDirectory | null = null): { mail: NeighbourMail; posted: string[] } {
    const posted: string[] = [];
    return { posted, mail: new NeighbourMail(self, directory, (to, mail) => posted.push(`${to}: ${mail.k === 'message' ? mail.tried : mail.k}`)) };
  }

  it('keeps everything when there is nobody else', () => {
    const { mail, posted } = worker({ generation: 0, worker: 0, workers: 1 });
    expect([mail.takes(1, 2, request, phone()), mail.takesResponse(response('B'), backendFlow()), mail.has(1), mail.has(64)]).toEqual([false, false, false, false]);
    mail.callEnded('x', null);
    expect(posted).toEqual([]);
  });

  it('hands to the sibling that has the transaction, or that the branch names', () => {
    const directory = new TransactionDirectory(newDirectoryBuffer(1));
    directory.add(1, 64, 2);
    const { mail, posted } = worker({ generation: 1, worker: 0, workers: 3 }, directory);
    expect([mail.takes(1, 64, request, phone()), mail.takes(1, 128, request, phone()), mail.takesResponse(response('B'), backendFlow()), mail.takesResponse(response('A'), backendFlow())]).toEqual([true, false, true, false]);
    expect(posted).toEqual(['66: 1', '65: 1']);
  });

  it('asks the former process about everything until its keys are known, then about those and about responses', () => {
    const { mail, posted } = worker({ generation: 1, worker: 0, workers: 1 });
    mail.setFormer({ generation: 0, workers: 1 }, null);
    expect(mail.takes(1, 2, request, phone())).toBe(true);
    mail.setFormer({ generation: 0, workers: 1 }, KeySet.of([Int32Array.of(1, 2)]));
    expect([mail.takes(1, 2, request, phone()), mail.takes(3, 4, request, phone()), mail.takesResponse(response('A'), backendFlow())]).toEqual([true, false, true]);
    mail.setFormer(null, null);
    expect([mail.takes(1, 2, request, phone()), mail.takesResponse(response('A'), backendFlow())]).toEqual([false, false]);
    expect(posted).toEqual(['0: 0', '0: 0', '0: 0']);
  });

  it('gives whatever is not its own to the successor, which does not ask back', () => {
    const { mail, posted } = worker({ generation: 3, worker: 0, workers: 1 });
    mail.setSuccessor({ generation: 0, workers: 1 });
    expect([mail.takes(1, 2, request, phone()), mail.takesResponse(response('A'), backendFlow())]).toEqual([true, true]);
    mail.callEnded('x', null);
    mail.bequeathCalls([{ dialog: 'd', tenant: 1, destination: 0, startedMs: 0, decision: null, anchor: null, media: '' }]);
    expect(posted).toEqual(['0: 2', '0: 2', '0: callEnded', '0: calls']);
  });

  it('finds the way to processes that are not next to it', () => {
    const { mail } = worker({ generation: 1, worker: 0, workers: 1 });
    expect([mail.has(0), mail.has(3 * 64)]).toEqual([false, false]);
    mail.setFormer({ generation: 0, workers: 1 }, null);
    expect([mail.has(0), mail.has(3 * 64), mail.has(64)]).toEqual([true, true, false]);
  });
});

describe('the desk of the process that runs', () => {
  const facts = { generation: 2, workers: 1, pid: 1, place: 1, keySecrets: { first: 1, second: 2 }, tickets: '', ownKey: '' };

  async function desk(estate: Partial<Estate> = {}): Promise<{ path: string; desk: HandoverDesk; orphans: boolean[] }> {
    const path = newPath();
    const orphans: boolean[] = [];
    const opened = await HandoverDesk.open(path, {
      prepare: () => Promise.resolve(facts), bequeath: () => Promise.resolve([Int32Array.of(5, 6)]), mail: () => undefined, flush: () => Promise.resolve(), orphaned: (early) => orphans.push(early), ...estate,
    }, (error) => { throw error; });
    return { path, desk: opened, orphans };
  }

  const met = async (path: string, takeover = true): Promise<Former> => {
    const found = await Former.meet(path, '1', takeover);
    if (!found.ok || found.value === null) throw new Error('nobody there');
    return found.value;
  };

  it('is for this user only from the moment it is there, whatever the umask, which stays as it was', async () => {
    const before = process.umask(0);
    try {
      const path = newPath();
      const opening = HandoverDesk.open(path, { prepare: () => Promise.resolve('no'), bequeath: () => Promise.resolve([]), mail: () => undefined, flush: () => Promise.resolve(), orphaned: () => undefined }, () => undefined);
      // Whoever connected now would be served.
      const { mode, uid } = statSync(path);
      expect([mode & 0o077, uid, process.umask()]).toEqual([0, process.getuid?.(), 0]);
      (await opening).close();
      await expect(HandoverDesk.open(join(folder, 'x'.repeat(120)), {} as Estate, () => undefined)).rejects.toThrow();
      expect(process.umask()).toBe(0);
    } finally {
      process.umask(before);
    }
  });

  it('one that nobody serves any more counts as none', async () => {
    const { path, desk: open } = await desk();
    open.close();
    expect(await Former.meet(path, '1', true)).toEqual({ ok: true, value: null });
    expect(await Former.meet(newPath(), '1', true)).toEqual({ ok: true, value: null });
  });

  it('refuses who does not say that it takes over, a second one, and one while it stops', async () => {
    const { path, desk: open } = await desk();
    expect(await Former.meet(path, '1', false)).toMatchObject({ ok: false, error: expect.stringContaining('--takeover') as string });
    const first = await met(path);
    expect(await Former.meet(path, '1', true)).toMatchObject({ ok: false, error: expect.stringContaining('being replaced already') as string });
    first.close();
    open.close();
    const stopping = await desk({ prepare: () => Promise.resolve('it stops') });
    expect(await Former.meet(stopping.path, '1', true)).toEqual({ ok: false, error: 'it stops.' });
    stopping.desk.close();
  });

  it('hands over keys, then mail both ways, and says when it is done', async () => {
    const heard: number[] = [];
    const events: string[] = [];
    const { path, desk: open, orphans } = await desk({ mail: (_from, to) => heard.push(to), flush: () => { events.push(`flush behind ${heard.length}`); return Promise.resolve(); } });
    const former = await met(path);
    open.post(192, 128, { k: 'callEnded', dialog: 'early', passage: null });
    open.registrations([]);
    // What is asked until the last worker knows is still answered.
    const finished = (): Promise<void> => {
      former.post(128, 192, { k: 'callEnded', dialog: 'late', passage: null });
      return Promise.resolve();
    };
    former.listen({ mail: (_from, to) => events.push(`mail ${to}`), registrations: (changes) => events.push(`registrations ${changes.length}`), finished, gone: (whole) => events.push(`gone ${String(whole)}`) });
    expect([...(await former.takeOver({ generation: 3, workers: 1 }))].map((part) => [...part])).toEqual([[5, 6]]);
    expect(open.switched).toBe(true);
    former.post(128, 192, { k: 'callEnded', dialog: 'x', passage: null });
    open.left(4);
    await until('the mail', 5_000, () => heard.length === 1 && former.left === 4);
    await open.done();
    await until('the end', 5_000, () => events.length === 4);
    expect([events, orphans]).toEqual([['mail 192', 'registrations 0', 'flush behind 2', 'gone true'], []]);
  });

  it.each([[true, 'before'], [false, 'after']])('notices when the new process dies (early: %s, %s it took over)', async (early) => {
    const { path, desk: open, orphans } = await desk();
    const former = await met(path);
    if (!early) await former.takeOver({ generation: 3, workers: 1 });
    former.close();
    await until('the loss to be noticed', 5_000, () => orphans.length === 1);
    expect(orphans).toEqual([early]);
    if (early) (await met(path)).close();
    open.close();
  });

  it('does not keep a new process waiting for one that dies', async () => {
    const { path, desk: open } = await desk({ bequeath: () => new Promise(() => undefined) });
    const former = await met(path);
    const taking = former.takeOver({ generation: 3, workers: 1 });
    const failed = expect(taking).rejects.toThrow('before it handed over');
    await until('the request to arrive', 5_000, () => open.switched);
    open.close();
    await failed;
    expect(former.alive).toBe(false);
  });
});
