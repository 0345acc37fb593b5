import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Overview } from '../../../../controlplane/contract/index.ts';
import { Sparkline } from '../../components/Sparkline.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import type { Tone } from '../../components/tone.ts';
import { count, percent, plural, rate } from '../../lib/figures.ts';
import styles from './Tiles.module.css';

interface TileProps {
  readonly to?: '/nodes' | '/dispatcher';
  readonly label: string;
  readonly figure: ReactNode;
  readonly children?: ReactNode;
}

function Tile({ to, label, figure, children }: TileProps) {
  const content = (
    <>
      <span className={styles['label']}>{label}</span>
      <span className={styles['figure']}>{figure}</span>
      <span className={styles['foot']}>{children}</span>
    </>
  );
  if (to === undefined) return <div className={styles['tile']}>{content}</div>;
  return (
    <Link to={to} className={styles['tile'] ?? ''}>
      {content}
    </Link>
  );
}

const shares: readonly { readonly tone: Tone; readonly word: string; readonly of: (d: Overview['destinations']) => number }[] = [
  { tone: 'up', word: 'up', of: (d) => d.up },
  { tone: 'probing', word: 'unknown', of: (d) => d.probing + d.unknown },
  { tone: 'draining', word: 'draining', of: (d) => d.draining },
  { tone: 'disabled', word: 'disabled', of: (d) => d.disabled },
  { tone: 'down', word: 'down', of: (d) => d.down },
];

/** Share of failed calls from which on the tile turns red. */
const alarmingRatio = 0.05;

/** The present in five figures. */
export function Tiles({ overview }: { readonly overview: Overview }) {
  const { nodes, destinations, series } = overview;
  const total = shares.reduce((sum, share) => sum + share.of(destinations), 0);
  const lagging = nodes.total - nodes.inStep;
  const failing = overview.failureRatio > alarmingRatio;
  return (
    <div className={styles['root']}>
      <Tile to="/nodes" label="Nodes in step" figure={`${nodes.inStep}/${nodes.total}`}>
        {nodes.total === 0 ? (
          <StateBadge tone="disabled">no node has joined</StateBadge>
        ) : lagging === 0 ? (
          <StateBadge tone="up">all run revision {overview.head.rev}</StateBadge>
        ) : (
          <StateBadge tone="probing">{plural(lagging, 'node')} not on revision {overview.head.rev}</StateBadge>
        )}
      </Tile>
      <Tile to="/dispatcher" label="Destinations" figure={`${count(destinations.up)}/${count(total)}`}>
        <span className={styles['bar']} aria-hidden>
          {shares.map(({ tone, of }) => (of(destinations) === 0 ? null : <span key={tone} data-tone={tone} style={{ flexGrow: of(destinations) }} />))}
        </span>
        <span className={styles['words']}>
          {total === 0 ? 'none yet' : shares.filter(({ of }) => of(destinations) > 0).map(({ word, of }) => `${of(destinations)} ${word}`).join(', ')}
        </span>
      </Tile>
      <Tile label="Calls now" figure={count(overview.calls)}>
        <Sparkline points={series.calls} width={150} height={26} />
      </Tile>
      <Tile label="Calls a second" figure={rate(overview.callsPerSecond)}>
        <Sparkline points={series.callsPerSecond} width={150} height={26} />
      </Tile>
      <Tile label="Failed calls, last minute" figure={percent(overview.failureRatio)}>
        <StateBadge tone={failing ? 'down' : 'up'}>{failing ? 'above 5 %' : overview.failureRatio === 0 ? 'no failures' : 'below 5 %'}</StateBadge>
      </Tile>
    </div>
  );
}
