import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import type { Destination, DispatcherSet, LiveEventName, LiveEvents, NodeItem } from '../../../controlplane/contract/index.ts';
import { noteLatency } from '../lib/latency-history.ts';
import { patchAlarm, patchDestination, patchLog, patchNodes, patchRevision, patchSet, patchStats, type LiveOverview } from './patches.ts';
import type { Page } from './resource.ts';
import { configuredPaths } from './resources.ts';
import { noteNodeRevision } from './writes.ts';

export type LiveState = 'connecting' | 'live' | 'reconnecting';

let state: LiveState = 'connecting';
const listeners = new Set<() => void>();

function setState(next: LiveState): void {
  if (state === next) return;
  state = next;
  for (const each of listeners) each();
}

/** At most one refetch of the configured lists a second, however fast revisions come. */
const refetchGapMs = 1000;
/** Mean wait before the stream is opened anew after the server refused it. */
const reopenMs = 2000;

/**
 * Opens the one event stream and lets it patch the query cache. Returns the function that closes it.
 * The browser reconnects by itself; after a gap everything shown is read again once.
 */
export function openLive(client: QueryClient): () => void {
  let refetchTimer: number | undefined;
  let everLive = false;

  const refetchConfigured = (): void => {
    refetchTimer ??= window.setTimeout(() => {
      refetchTimer = undefined;
      for (const path of configuredPaths) client.invalidateQueries({ queryKey: [path] }).catch(() => setState('reconnecting'));
    }, refetchGapMs);
  };
  const overview = (patch: (old: LiveOverview) => LiveOverview): void => {
    client.setQueriesData<LiveOverview>({ queryKey: ['overview'] }, (old) => (old === undefined ? old : patch(old)));
  };

  const handlers: { readonly [N in LiveEventName]: (event: LiveEvents[N]) => void } = {
    revision: (event) => {
      overview((old) => patchRevision(old, event));
      refetchConfigured();
    },
    node: (event) => {
      client.setQueryData<NodeItem[]>(['nodes'], (old) => (old === undefined ? old : patchNodes(old, event)));
      noteNodeRevision(event.name, event.rev);
    },
    health: (event) => {
      noteLatency(event.destination.id, event.destination.latencyMs.last);
      client.setQueriesData<DispatcherSet>({ queryKey: ['dispatcher-sets', 'one'] }, (old) => (old === undefined ? old : patchSet(old, event)));
      client.setQueriesData<Destination>({ queryKey: ['destinations', 'one'] }, (old) => (old === undefined ? old : patchDestination(old, event)));
      client.setQueriesData<InfiniteData<Page<DispatcherSet>>>({ queryKey: ['dispatcher-sets', 'list'] }, (old) =>
        old === undefined ? old : { ...old, pages: old.pages.map((page) => ({ ...page, items: page.items.map((set) => patchSet(set, event)) })) },
      );
    },
    stats: (event) => overview((old) => patchStats(old, event)),
    alarm: (event) => overview((old) => patchAlarm(old, event)),
    log: (event) => overview((old) => patchLog(old, event)),
  };

  let source: EventSource;
  let reopenTimer: number | undefined;
  const open = (): void => {
    source = new EventSource('/api/v1/events', { withCredentials: true });
    source.addEventListener('open', () => {
      setState('live');
      if (everLive) client.invalidateQueries().catch(() => setState('reconnecting'));
      everLive = true;
    });
    source.addEventListener('error', () => {
      setState('reconnecting');
      // The browser retries a broken connection by itself, but gives up on an HTTP error.
      if (source.readyState === EventSource.CLOSED) reopenTimer = window.setTimeout(open, reopenMs * (0.5 + Math.random()));
    });
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (message: MessageEvent<string>) => handle(JSON.parse(message.data) as never));
    }
  };
  open();

  return () => {
    source.close();
    window.clearTimeout(refetchTimer);
    window.clearTimeout(reopenTimer);
    setState('connecting');
  };
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether what the console shows is live at the moment. */
export const useLiveState = (): LiveState => useSyncExternalStore(subscribe, () => state);
