import { queryOptions } from '@tanstack/react-query';
import type {
  Change, ChangeDetail, ExplainAnswer, ExplainBody, JoinTokenBody, JoinTokenCreated, NodeList, NodePatch, Overview, ProbeAnswer, WriteAnswer,
} from '../../../controlplane/contract/index.ts';
import { send } from './http.ts';
import type { LiveOverview } from './patches.ts';
import { pagedQuery, waitQuery, type Page } from './resource.ts';
import { trackWrite, type Applied } from './writes.ts';

/** What the overview's series cover: sixty points of ten seconds or of a minute. */
export type Span = '10m' | '1h';

/** Kept fresh by the live stream: read once, patched from then on. */
export const overviewQuery = (span: Span = '1h') =>
  queryOptions({
    queryKey: ['overview', span],
    queryFn: async ({ signal }): Promise<LiveOverview> => ({
      ...(await send<Overview>('GET', 'overview', { query: { span }, signal })),
      newestPointMs: Date.now(),
    }),
  });

export const nodesQuery = queryOptions({
  queryKey: ['nodes'],
  queryFn: ({ signal }) => send<NodeList>('GET', 'nodes', { signal }),
});

export const changesQuery = pagedQuery<Page<Change>>(['changes', 'list'], 'changes');

/** One revision with its rows before and after. */
export const changeQuery = (rev: string) =>
  queryOptions({
    queryKey: ['changes', 'one', rev],
    queryFn: ({ signal }) => send<ChangeDetail>('GET', `changes/${encodeURIComponent(rev)}`, { signal }),
    staleTime: Infinity,
  });

export const rollBack = (rev: number): Promise<WriteAnswer> =>
  trackWrite(() => send<WriteAnswer>('POST', `changes/${rev}/rollback`, { query: waitQuery }));

export const createJoinToken = (body: JoinTokenBody): Promise<JoinTokenCreated> =>
  send<JoinTokenCreated>('POST', 'nodes/join-tokens', { body });

/** Sets what is wanted of a node; what `body` leaves out stays. */
export const patchNode = (id: string, body: NodePatch): Promise<Applied> =>
  trackWrite(() => send<Applied>('PATCH', `nodes/${encodeURIComponent(id)}`, { body, query: waitQuery }));

export const removeNode = (id: string): Promise<Applied> => send<Applied>('DELETE', `nodes/${encodeURIComponent(id)}`);

/** Asks every connected node to send an OPTIONS now; the outcome comes back as health events. */
export const probeNow = (destination: number): Promise<ProbeAnswer> => send<ProbeAnswer>('POST', `destinations/${destination}/probe`, { body: {} });

export const explain = (body: ExplainBody): Promise<ExplainAnswer> => send<ExplainAnswer>('POST', 'explain', { body });
