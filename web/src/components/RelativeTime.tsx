import { Tooltip } from '@mantine/core';
import { age, exactTime, useNow } from '../lib/time.ts';

/** An instant as its age, the exact time on hover. */
export function RelativeTime({ atMs, suffix = '' }: { readonly atMs: number; readonly suffix?: string }) {
  const now = useNow();
  if (!Number.isFinite(atMs) || atMs <= 0) return <span>–</span>;
  const text = age(atMs, now);
  return (
    <Tooltip label={exactTime(atMs)}>
      <time className="num" dateTime={new Date(atMs).toISOString()} style={{ whiteSpace: 'nowrap' }}>
        {text}
        {text === 'now' ? '' : suffix}
      </time>
    </Tooltip>
  );
}
