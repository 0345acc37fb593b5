/** What a node tells of the media of a call, as the API shows it. PURE. */
import { listedStreams, mediaEngines } from '../../dataplane/contract/media.ts';
import type { CallDirection, CallMedia, CallStream } from '../contract/live-lists.ts';

const sessionLength = 64;

/** null = its media goes direct, or this version does not understand what is told. */
export function callMediaOf(value: unknown): CallMedia | null {
  if (!isObject(value)) return null;
  const { session, streams } = value;
  if (typeof session !== 'string' || !Array.isArray(streams)) return null;
  return { session: session.slice(0, sessionLength), streams: streams.slice(0, listedStreams.streams).flatMap((stream) => streamOf(stream) ?? []) };
}

function streamOf(value: unknown): CallStream | null {
  if (!isObject(value)) return null;
  const engine = mediaEngines.find((name) => name === value['engine']);
  const kind = value['kind'];
  const caller = directionOf(value['caller']);
  const callee = directionOf(value['callee']);
  if (engine === undefined || typeof kind !== 'string' || caller === null || callee === null) return null;
  return { kind: kind.slice(0, listedStreams.kindLength), engine, roundTripMs: known(value['roundTripMs']), caller, callee };
}

function directionOf(value: unknown): CallDirection | null {
  if (!isObject(value)) return null;
  const mos = known(value['mos']);
  return {
    packets: count(value['packets']), bytes: count(value['bytes']), lost: known(value['lost']), jitterMs: tenths(known(value['jitterMs'])),
    mos: mos === 0 ? null : mos, strangers: count(value['strangers']), invalid: count(value['invalid']), idleMs: known(value['idleMs']),
  };
}

const count = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? Math.max(0, Math.round(value)) : 0);
/** A node says -1 for what it does not know. */
const known = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null);
/** Jitter is a running mean with fifteen digits; more than 0.1 ms says nothing. */
const tenths = (value: number | null): number | null => (value === null ? null : Math.round(value * 10) / 10);
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
