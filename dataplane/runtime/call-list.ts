/** The calls that this node has up, page by page over its workers. */
import { readParties, type Parties } from '../calls/parties.ts';
import { callIdOf, type CallPage, type CallQuery } from '../calls/table.ts';
import { listedStreams } from '../contract/media.ts';
import type { SessionFigures } from '../media/figures.ts';
import { describeDecision } from '../routing/decision.ts';

export interface ListedCall extends Parties {
  readonly callId: string;
  readonly tenant: number;
  /** Destination id, 0 = towards a phone or somebody that no set names. */
  readonly destination: number;
  /** Epoch milliseconds. */
  readonly startedMs: number;
  readonly decision: string;
  /** null = its media goes direct, or its session has ended. */
  readonly media: SessionFigures | null;
}

export interface ListedCalls {
  readonly items: readonly ListedCall[];
  /** For the next page, '' = there is none. */
  readonly cursor: string;
}

/** Asks one worker; null = it does not exist. `nowMs` is of the clock that the calls' starts are of. */
export type AskWorker = (worker: number, query: CallQuery) => Promise<{ readonly page: CallPage; readonly nowMs: number }> | null;

/** What media threads know of sessions; ones that have ended are left out. */
export type AskMedia = (sessions: readonly string[]) => Promise<ReadonlyMap<string, SessionFigures>>;

/** Characters shown of a Call-ID. */
const callIdLength = 256;

/**
 * @param cursor `worker.number` of the page before, '' = from the beginning
 * @param nowMs epoch milliseconds
 */
export async function listCalls(ask: AskWorker, media: AskMedia, query: Omit<CallQuery, 'cursor'>, cursor: string, nowMs: () => number): Promise<ListedCalls> {
  const { items, next } = await collect(ask, query, cursor, nowMs);
  const figures = await media(items.flatMap(({ session }) => (session === '' ? [] : [session])));
  return { items: items.map(({ session, ...call }) => ({ ...call, media: shown(figures.get(session)) })), cursor: next };
}

/** Bounded, whatever an SDP asks for. */
function shown(figures: SessionFigures | undefined): SessionFigures | null {
  if (figures === undefined) return null;
  return { ...figures, streams: figures.streams.slice(0, listedStreams.streams).map((stream) => ({ ...stream, kind: stream.kind.slice(0, listedStreams.kindLength) })) };
}

type Collected = Omit<ListedCall, 'media'> & { readonly session: string };

async function collect(ask: AskWorker, query: Omit<CallQuery, 'cursor'>, cursor: string, nowMs: () => number): Promise<{ readonly items: readonly Collected[]; readonly next: string }> {
  const items: Collected[] = [];
  const [, first = '0', number = '0'] = /^(\d{1,3})\.(\d{1,15})$/.exec(cursor) ?? [];
  let after = Number(number);
  for (let worker = Number(first); ; worker++) {
    do {
      const answer = await ask(worker, { ...query, cursor: after, limit: query.limit - items.length });
      if (answer === null) return { items, next: '' };
      const startMs = nowMs() - answer.nowMs;
      for (const { dialog, tenant, destination, startedMs, decision, media, parties } of answer.page.items) {
        items.push({ callId: callIdOf(dialog).slice(0, callIdLength), ...readParties(parties), tenant, destination, startedMs: Math.round(startMs + startedMs), decision: describeDecision(decision), session: media });
      }
      after = answer.page.cursor;
      if (items.length >= query.limit) return { items, next: after === 0 ? `${worker + 1}.0` : `${worker}.${after}` };
    } while (after > 0);
  }
}
