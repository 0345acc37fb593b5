import { useElementSize } from '@mantine/hooks';
import { useState, type PointerEvent } from 'react';
import { clockTime } from '../lib/time.ts';
import styles from './TimeChart.module.css';

interface Props {
  readonly title: string;
  /** Oldest first. */
  readonly points: readonly number[];
  readonly stepMs: number;
  /** When the newest point began, epoch milliseconds. */
  readonly endMs: number;
  readonly format: (value: number) => string;
}

const height = 168;
const margin = { top: 10, right: 12, bottom: 22, left: 40 };
/** Distances between ticks that read well; the first that makes at most six of them is taken. */
const tickDistancesMs = [60_000, 2 * 60_000, 5 * 60_000, 15 * 60_000, 60 * 60_000];

/** The next of 1, 2, 3, 4, 6, 8 × 10^n at or above `value`, at least 1: the half of each reads well, too. */
function niceCeiling(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 3, 4, 6, 8, 10].find((each) => each * power >= value) ?? 10;
  return step * power;
}

const axisFormat = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** One series over time: area, line, three grid lines, ticks at round times, the value under the pointer. */
export function TimeChart({ title, points, stepMs, endMs, format }: Props) {
  const { ref, width } = useElementSize();
  const [at, setAt] = useState<number | null>(null);
  const ceiling = niceCeiling(Math.max(0, ...points));
  const innerWidth = Math.max(0, width - margin.left - margin.right);
  const innerHeight = height - margin.top - margin.bottom;
  const x = (index: number) => margin.left + (points.length < 2 ? 0 : (index / (points.length - 1)) * innerWidth);
  const y = (value: number) => margin.top + innerHeight - (value / ceiling) * innerHeight;
  const timeOf = (index: number) => endMs - (points.length - 1 - index) * stepMs;
  const line = points.map((value, index) => `${index === 0 ? 'M' : 'L'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`).join('');
  const area = points.length === 0 ? '' : `${line}L${x(points.length - 1).toFixed(1)} ${y(0)}L${x(0).toFixed(1)} ${y(0)}Z`;
  const spanMs = points.length * stepMs;
  const tickEveryMs = tickDistancesMs.find((distance) => spanMs / distance <= 6) ?? 60 * 60_000;
  const ticks = points.map((_, index) => index).filter((index) => Math.floor(timeOf(index) / tickEveryMs) !== Math.floor((timeOf(index) - stepMs) / tickEveryMs));
  const shown = at ?? points.length - 1;
  const value = points[shown] ?? 0;

  const follow = (event: PointerEvent<SVGSVGElement>) => {
    const offset = event.clientX - event.currentTarget.getBoundingClientRect().left - margin.left;
    const index = Math.round((offset / Math.max(1, innerWidth)) * (points.length - 1));
    setAt(Math.min(points.length - 1, Math.max(0, index)));
  };

  return (
    <section className={styles['root']} aria-label={title}>
      <div className={styles['head']}>
        <h2>{title}</h2>
        <span className={styles['reading']}>
          <span className={styles['when']}>{at === null ? 'now' : clockTime(timeOf(shown))}</span>
          {format(value)}
        </span>
      </div>
      <div ref={ref} className={styles['plot']}>
        {width === 0 ? null : (
          <svg
            width={width}
            height={height}
            role="img"
            aria-label={`${title} in the last ${Math.round(spanMs / 60_000)} minutes: now ${format(points.at(-1) ?? 0)}, at most ${format(Math.max(0, ...points))}`}
            onPointerMove={follow}
            onPointerLeave={() => setAt(null)}
          >
            {[0, 0.5, 1].map((part) => (
              <g key={part}>
                <line x1={margin.left} x2={width - margin.right} y1={y(ceiling * part)} y2={y(ceiling * part)} className={styles['grid']} />
                <text x={margin.left - 8} y={y(ceiling * part) + 4} textAnchor="end" className={styles['tick']}>
                  {axisFormat.format(ceiling * part)}
                </text>
              </g>
            ))}
            {ticks.map((index) => (
              <text key={index} x={x(index)} y={height - 4} textAnchor="middle" className={styles['tick']}>
                {x(index) < margin.left + 16 || x(index) > width - 28 ? '' : clockTime(timeOf(index))}
              </text>
            ))}
            <path d={area} className={styles['area']} />
            <path d={line} className={styles['line']} />
            {points.length === 0 ? null : <circle cx={x(shown)} cy={y(value)} r={3} className={styles['dot']} />}
            {at === null ? null : <line x1={x(shown)} x2={x(shown)} y1={margin.top} y2={margin.top + innerHeight} className={styles['cursor']} />}
          </svg>
        )}
      </div>
    </section>
  );
}
