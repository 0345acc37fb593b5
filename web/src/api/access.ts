/** Who may come in: people, API tokens, one's own password. */
import { queryOptions } from '@tanstack/react-query';
import type { ApiTokenBody, ApiTokenCreated, ApiTokenList, PasswordChange, User, UserBody, UserList, UserPatch } from '../../../controlplane/contract/index.ts';
import { send } from './http.ts';
import { pagedQuery } from './resource.ts';

const userAt = (id: string): string => `users/${encodeURIComponent(id)}`;

export const usersQuery = pagedQuery<UserList>(['users', 'list'], 'users');
export const userQuery = (id: string) => queryOptions({ queryKey: ['users', 'one', id], queryFn: ({ signal }) => send<User>('GET', userAt(id), { signal }) });
export const createUser = (body: UserBody): Promise<User> => send<User>('POST', 'users', { body });
/** A role, a password or `disabled` in it ends that user's sessions. */
export const changeUser = (id: string, body: UserPatch): Promise<User> => send<User>('PATCH', userAt(id), { body });
export const removeUser = (id: string): Promise<undefined> => send<undefined>('DELETE', userAt(id));

export const tokensQuery = pagedQuery<ApiTokenList>(['tokens', 'list'], 'tokens');
export const createToken = (body: ApiTokenBody): Promise<ApiTokenCreated> => send<ApiTokenCreated>('POST', 'tokens', { body });
export const revokeToken = (id: string): Promise<undefined> => send<undefined>('DELETE', `tokens/${encodeURIComponent(id)}`);

export const changePassword = (body: PasswordChange): Promise<undefined> => send<undefined>('POST', 'session/password', { body });
