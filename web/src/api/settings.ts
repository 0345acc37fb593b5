import { queryOptions } from '@tanstack/react-query';
import type { Setting, SettingBody, SettingWritten } from '../../../controlplane/contract/index.ts';
import { send } from './http.ts';
import { waitQuery } from './resource.ts';
import { trackWrite } from './writes.ts';

const path = 'settings/global';

export const settingsQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: ({ signal }) => send<Setting>('GET', path, { signal }),
});

/** Changes the fields in `body`, the rest stays. Version 0 = nobody has ever changed the defaults. */
export const editSettings = (body: SettingBody, version: number): Promise<SettingWritten> =>
  trackWrite(() => send<SettingWritten>('PATCH', path, { body, version: version === 0 ? undefined : version, query: waitQuery }));
