/**
 * Weekly time windows by the clock of a place. What that clock shows is worked out once a minute for each zone, because
 * the runtime's calendar costs microseconds and rules are asked for every call.
 */
import type { TimeWindow } from '../contract/rows.ts';

const minuteMs = 60_000;
/** There are some 600 zones; spelling variants must not fill the memory. */
const mostZones = 1_000;

/** The clock of one zone, good until the next minute. */
interface WallClock {
  readonly format: Intl.DateTimeFormat;
  /** Number of the minute since the epoch that the fields below belong to. */
  minuteOfEpoch: number;
  /** 1 = Monday to 7 = Sunday. */
  day: number;
  /** Minutes since midnight as the clock shows them. */
  minute: number;
}

const clocks = new Map<string, WallClock | null>();
const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

function clockOf(zone: string): WallClock | null {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  if (clocks.size >= mostZones) clocks.clear();
  let clock: WallClock | null = null;
  try {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    clock = { format, minuteOfEpoch: -1, day: 0, minute: 0 };
  } catch {
    // The decoder refuses zones that do not exist; a runtime without this one must not take calls by it.
    clock = null;
  }
  clocks.set(zone, clock);
  return clock;
}

/** The zone's clock at a time; null for a zone that the runtime does not know. The record is overwritten by the next minute. */
function clockAt(zone: string, timeMs: number): WallClock | null {
  const clock = clockOf(zone);
  if (clock === null) return null;
  // Every zone in use is whole minutes away from UTC, so a clock's minute changes with the epoch's.
  const minuteOfEpoch = Math.floor(timeMs / minuteMs);
  if (clock.minuteOfEpoch === minuteOfEpoch) return clock;
  let hour = 0;
  let minute = 0;
  for (const part of clock.format.formatToParts(minuteOfEpoch * minuteMs)) {
    if (part.type === 'weekday') clock.day = weekdays.indexOf(part.value) + 1;
    else if (part.type === 'hour') hour = Number(part.value);
    else if (part.type === 'minute') minute = Number(part.value);
  }
  clock.minute = hour * 60 + minute;
  clock.minuteOfEpoch = minuteOfEpoch;
  return clock;
}

/** Minutes since midnight of `HH:MM`. */
export function minuteOf(text: string): number {
  return (text.charCodeAt(0) - 48) * 600 + (text.charCodeAt(1) - 48) * 60 + (text.charCodeAt(3) - 48) * 10 + text.charCodeAt(4) - 48;
}

/** Whether one of the windows holds at a time (epoch milliseconds). No windows = always. */
export function windowHolds(windows: readonly TimeWindow[], timeMs: number): boolean {
  if (windows.length === 0) return true;
  for (let i = 0; i < windows.length; i++) if (holds(windows[i] as TimeWindow, timeMs)) return true;
  return false;
}

/**
 * A window that ends at or before its start runs over midnight into the day after its own. In the hour that comes twice
 * when summer time ends it holds twice, in the one that is left out not at all: it follows the clock on the wall.
 */
function holds(window: TimeWindow, timeMs: number): boolean {
  const clock = clockAt(window.timezone, timeMs);
  if (clock === null) return false;
  const from = minuteOf(window.from);
  const to = minuteOf(window.to);
  const { day, minute } = clock;
  if (from < to) return minute >= from && minute < to && window.days.includes(day);
  return (minute >= from && window.days.includes(day)) || (minute < to && window.days.includes(day === 1 ? 7 : day - 1));
}

/** What a zone's clock shows, for explanations: `Mon 09:30`; '' for an unknown zone. */
export function wallTime(zone: string, timeMs: number): string {
  const clock = clockAt(zone, timeMs);
  if (clock === null) return '';
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${weekdays[clock.day - 1] ?? ''} ${two(Math.floor(clock.minute / 60))}:${two(clock.minute % 60)}`;
}

/** A window as people write it: `Mon, Tue 09:00 to 17:00 Europe/Berlin`. */
export function windowText(window: TimeWindow): string {
  return `${window.days.map((day) => weekdays[day - 1] ?? '').join(', ')} ${window.from} to ${window.to} ${window.timezone}`;
}
