import { infiniteQueryOptions } from '@tanstack/react-query';
import type { LiveCall, Registration } from '../../../controlplane/contract/index.ts';
import { pagedQuery, type Filters, type Page } from './resource.ts';

/** A page of what the nodes hold; `missing` names nodes that gave no answer. */
export interface LivePage<T> extends Page<T> {
  readonly missing: readonly string[];
}

const refreshMs = 5000;

/** Held by the nodes and told by no event, so the first page is asked for anew; once somebody reads on, it stands still. */
const liveList = <T>(path: 'registrations' | 'calls', filters: Filters) =>
  infiniteQueryOptions({
    ...pagedQuery<LivePage<T>>([path, 'list', filters], path, filters),
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 1) > 1 ? false : refreshMs),
  });

export const registrationsQuery = (filters: Filters) => liveList<Registration>('registrations', filters);
export const callsQuery = (filters: Filters) => liveList<LiveCall>('calls', filters);
