/**
 * The attributes of a destination that change what is done with it, by the names of Kamailio's dispatcher. Everything else
 * in `attrs` is kept and shown. A value that cannot be read counts as absent here; `attrFaults` tells what is wrong with
 * it, for whoever saves a row.
 */
import { readSocket } from './socket.ts';
import type { SocketName } from './socket.ts';
import { limits } from './limits.ts';
import { parseTarget } from './target.ts';

export interface KnownAttrs {
  /** Weight of algorithm 11; null = none given, the destination's weight counts. */
  readonly relativeWeight: number | null;
  /** Calls up at most (algorithm 10), 0 = any number. */
  readonly maxLoad: number;
  /** A name of the operator's own; shown, never compared. */
  readonly duid: string;
  /** Algorithm 11: the weight falls by one for each millisecond that the last probe took longer than the average. */
  readonly congestionControl: boolean;
  /** The listener that requests to it leave by; null = any that fits. */
  readonly socket: SocketName | null;
  /** The same by the listener's name, which wins over `socket`; '' = none. */
  readonly socketName: string;
  /** From URI of its probes; '' = the set's. */
  readonly pingFrom: string;
  /** Where requests and probes go instead of to the URI's host; '' = none. */
  readonly outboundProxy: string;
  /** Overload control (algorithm 64), per cent of requests kept away: least, most, and while the destination says nothing. */
  readonly overloadMin: number;
  readonly overloadMax: number;
  readonly overloadRate: number;
  /** Milliseconds taken for its latency until a probe has measured it (algorithm 13), -1 = none. */
  readonly latencyMs: number;
}

const noAttrs: KnownAttrs = Object.freeze({
  relativeWeight: null, maxLoad: 0, duid: '', congestionControl: false, socket: null, socketName: '', pingFrom: '', outboundProxy: '',
  overloadMin: 0, overloadMax: 100, overloadRate: 0, latencyMs: -1,
});

/** Reads the attributes that have a meaning; `weight` and `rank` are fields of the row and not in here. */
export function readAttrs(attrs: Readonly<Record<string, string>>): KnownAttrs {
  let any = false;
  for (const name in attrs) any ||= Object.hasOwn(checks, name);
  if (!any) return noAttrs;
  const text = (name: string): string => {
    const value = attrs[name];
    return value !== undefined && checks[name]?.test(value) === true ? value : '';
  };
  const number = (name: string, absent: number): number => {
    const value = text(name);
    return value === '' ? absent : Number(value);
  };
  const relative = text('rweight');
  return {
    relativeWeight: relative === '' ? null : Number(relative),
    maxLoad: number('maxload', 0),
    duid: text('duid'),
    congestionControl: text('cc') === '1',
    socket: readSocket(text('socket')),
    socketName: text('sockname'),
    pingFrom: text('ping_from'),
    outboundProxy: text('obproxy'),
    overloadMin: number('ocmin', 0),
    overloadMax: number('ocmax', 100),
    overloadRate: number('ocrate', 0),
    latencyMs: number('latency', -1),
  };
}

interface Check {
  readonly test: (value: string) => boolean;
  /** What is accepted, after "must be". */
  readonly accepted: string;
}

const integer = (most: number): Check => ({ test: (value) => /^[0-9]{1,9}$/.test(value) && Number(value) <= most, accepted: `a whole number from 0 to ${most}` });
const percent = integer(100);
const printable = (value: string): boolean => /^[!-~]+$/.test(value);

const checks: Readonly<Record<string, Check>> = {
  rweight: integer(limits.weight),
  maxload: integer(1_000_000),
  duid: { test: printable, accepted: 'printable characters without spaces' },
  cc: { test: (value) => value === '0' || value === '1', accepted: '0 or 1' },
  socket: { test: (value) => readSocket(value) !== null, accepted: 'transport:address:port of a listener, such as udp:192.0.2.1:5060, IPv6 in brackets' },
  sockname: { test: (value) => /^[\w.-]{1,64}$/.test(value), accepted: '1 to 64 letters, digits, _, . and -' },
  ping_from: { test: (value) => /^sips?:[!-~]+$/i.test(value), accepted: 'a SIP URI such as sip:ping@edge.example' },
  obproxy: { test: (value) => parseTarget(value) !== null, accepted: 'a SIP URI without user part, such as sip:192.0.2.1:5060' },
  ocmin: percent,
  ocmax: percent,
  ocrate: percent,
  latency: integer(60_000),
};

export interface AttrFault {
  readonly name: string;
  /** "must be …". */
  readonly message: string;
}

/** What is wrong with the attributes that have a meaning here; empty = nothing. Names without a meaning are never wrong. */
export function attrFaults(attrs: Readonly<Record<string, string>>): AttrFault[] {
  const faults: AttrFault[] = [];
  for (const [name, value] of Object.entries(attrs)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check !== undefined && !check.test(value)) faults.push({ name, message: `must be ${check.accepted}` });
  }
  const { overloadMin, overloadMax } = readAttrs(attrs);
  if (faults.length === 0 && overloadMin > overloadMax) faults.push({ name: 'ocmin', message: `must be at most ocmax (${overloadMax})` });
  return faults;
}
