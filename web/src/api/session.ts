import { queryOptions } from '@tanstack/react-query';
import type { Session, SessionUser, SetupBody, SetupState, SignInBody } from '../../../controlplane/contract/index.ts';
import { send } from './http.ts';
import { ApiProblem } from './problem.ts';

/** Who is signed in; null = nobody. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<SessionUser | null> => {
    try {
      return (await send<Session>('GET', 'session', { signal })).user;
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: Infinity,
});

/** Whether the installation has no owner account yet. */
export const setupQuery = queryOptions({
  queryKey: ['setup'],
  queryFn: ({ signal }) => send<SetupState>('GET', 'setup', { signal }),
});

export const signIn = (body: SignInBody): Promise<Session> => send<Session>('POST', 'session', { body });
export const signOut = (): Promise<undefined> => send<undefined>('DELETE', 'session');
export const setUp = (body: SetupBody): Promise<Session> => send<Session>('POST', 'setup', { body });

/** Only owners manage users and tokens. */
export const mayManage = (user: SessionUser | null | undefined): boolean => user?.role === 'owner';

/** Viewers see everything and change nothing. */
export const mayWrite = (user: SessionUser | null | undefined): boolean => user?.role === 'owner' || user?.role === 'operator';

/** Owners alone manage nodes and the keys that these share. */
export const mayManageNodes = (user: SessionUser | null | undefined): boolean => user?.role === 'owner';
