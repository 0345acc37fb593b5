import { useSyncExternalStore } from 'react';

/** How far the last save of this browser has come. Grows by the write's own answer and by node events. */
export interface WriteProgress {
  readonly phase: 'saving' | 'spreading' | 'done';
  /** null until the server named it. */
  readonly rev: number | null;
  readonly applied: readonly { readonly node: string; readonly ms: number }[];
  /** Names of nodes that have not applied it yet. */
  readonly missing: readonly string[];
}

/** The part of a write's answer that says how far the revision came. */
export interface Applied {
  readonly rev?: number | undefined;
  readonly applied?: readonly { readonly node: string; readonly ms: number }[] | undefined;
  readonly missing?: readonly string[] | undefined;
}

let current: WriteProgress | null = null;
let startedMs = 0;
const listeners = new Set<() => void>();

function set(next: WriteProgress | null): void {
  current = next;
  for (const each of listeners) each();
}

/** Progress after the write's answer: done when no node is missing. */
export function answered(answer: Applied): WriteProgress | null {
  if (answer.rev === undefined) return null;
  const missing = answer.missing ?? [];
  return { phase: missing.length === 0 ? 'done' : 'spreading', rev: answer.rev, applied: answer.applied ?? [], missing };
}

/** Progress after a node said which revision it runs; `ms` is the time since the save began. */
export function nodeApplied(progress: WriteProgress, node: string, rev: number, ms: number): WriteProgress {
  if (progress.rev === null || rev < progress.rev || !progress.missing.includes(node)) return progress;
  const missing = progress.missing.filter((name) => name !== node);
  return {
    ...progress,
    phase: missing.length === 0 ? 'done' : 'spreading',
    applied: [...progress.applied, { node, ms }],
    missing,
  };
}

/** Follows one save from its start to the last node. Failures pass through to the caller. */
export async function trackWrite<T extends Applied>(write: () => Promise<T>): Promise<T> {
  startedMs = performance.now();
  set({ phase: 'saving', rev: null, applied: [], missing: [] });
  try {
    const answer = await write();
    set(answered(answer));
    return answer;
  } catch (error) {
    set(null);
    throw error;
  }
}

/** To be called for every node event of the live stream. */
export function noteNodeRevision(node: string, rev: number): void {
  if (current?.phase !== 'spreading') return;
  const next = nodeApplied(current, node, rev, performance.now() - startedMs);
  if (next !== current) set(next);
}

/** Forgets the mark, for example when another page opens. */
export const clearWrite = (): void => set(null);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The last save of this browser, or null. */
export const useLastWrite = (): WriteProgress | null => useSyncExternalStore(subscribe, () => current);
