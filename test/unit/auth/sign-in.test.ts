import { describe, expect, it } from 'vitest';
import { Sessions } from '../../../controlplane/auth/sessions.ts';
import { SignIn } from '../../../controlplane/auth/sign-in.ts';
import type { SessionStore, UserRecord, UserStore } from '../../../controlplane/auth/stores.ts';

const ada: UserRecord = {
  id: '1', email: 'ada@example.com', name: 'Ada', role: 'owner', passwordHash: 'right', disabled: false, createdAtMs: 0, lastSignInAtMs: null,
};

function signInOf(): SignIn {
  const now = (): number => 1_000_000;
  const users = { byEmail: (email: string) => Promise.resolve(email === ada.email ? ada : null), signedIn: () => Promise.resolve() } as unknown as UserStore;
  const store = { create: () => Promise.resolve(), prune: () => Promise.resolve(0) } as unknown as SessionStore;
  const passwords = { hash: (word: string) => Promise.resolve(word), verify: (word: string, stored: string | null) => Promise.resolve(word === stored) };
  return new SignIn({ users, sessions: new Sessions({ store, now, random: (size) => new Uint8Array(size) }), passwords, now });
}

describe('a source that may not try any more', () => {
  it('does not use up the attempts of an account: its owner gets in from an address never seen before', async () => {
    const signIn = signInOf();
    const attempt = (address: string, password: string) => signIn.signIn({ email: ada.email, password, address, agent: '' });
    // Nine wrong ones of ten, then the source is spent on other accounts.
    for (let i = 0; i < 9; i += 1) expect(await attempt('192.0.2.1', 'wrong')).toMatchObject({ ok: false, kind: 'wrong' });
    await signIn.signIn({ email: 'other@example.com', password: 'wrong', address: '192.0.2.1', agent: '' });
    for (let i = 0; i < 50; i += 1) expect(await attempt('192.0.2.1', 'wrong')).toMatchObject({ ok: false, kind: 'limited' });
    expect(await attempt('198.51.100.7', 'right')).toMatchObject({ ok: true });
  });
});
