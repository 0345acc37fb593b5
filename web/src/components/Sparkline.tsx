interface Props {
  readonly points: readonly number[];
  readonly width?: number;
  readonly height?: number;
}

/** A small line without axes, scaled from zero to its own peak. Decoration beside a figure, so hidden from readers. */
export function Sparkline({ points, width = 72, height = 20 }: Props) {
  if (points.length < 2) return <svg width={width} height={height} aria-hidden />;
  const peak = Math.max(...points, Number.EPSILON);
  const x = (index: number) => (index / (points.length - 1)) * (width - 2) + 1;
  const y = (value: number) => height - 2 - (value / peak) * (height - 4);
  const line = points.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  return (
    <svg width={width} height={height} aria-hidden style={{ display: 'block', overflow: 'visible' }}>
      <polyline points={line} fill="none" stroke="var(--sb-accent)" strokeWidth={1.3} strokeLinejoin="round" strokeLinecap="round" />
    </svg>
  );
}
