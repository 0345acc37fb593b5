import { Link } from '@tanstack/react-router';
import type { Destination, DispatcherSet } from '../../../../controlplane/contract/index.ts';
import { Copyable } from '../../components/Copyable.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { Sparkline } from '../../components/Sparkline.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { TableLink } from '../../components/TableLink.tsx';
import { count, duration } from '../../lib/figures.ts';
import { useLatencyHistory } from '../../lib/latency-history.ts';
import { DestinationActions } from './DestinationActions.tsx';
import { looksAtRank, looksAtWeight } from './algorithms.ts';
import { callsOf, destinationState, latencyOf, setSummary, tellingReport } from './destination-state.ts';
import styles from './SetsTable.module.css';

function Latency({ destination }: { readonly destination: Destination }) {
  const history = useLatencyHistory(destination.id);
  return (
    <span className={styles['latency']}>
      <Sparkline points={history} width={56} height={18} />
      <span>{duration(latencyOf(destination))}</span>
    </span>
  );
}

/** What the set's algorithm looks at: the rank, the weight, both or neither. */
function place(destination: Destination, algorithm: number): string {
  const parts = [looksAtRank(algorithm) ? `rank ${destination.rank}` : '', looksAtWeight(algorithm) ? `weight ${destination.weight}` : ''];
  return parts.filter((part) => part !== '').join(', ');
}

function DestinationRow({ destination, algorithm }: { readonly destination: Destination; readonly algorithm: number }) {
  const state = destinationState(destination);
  const report = tellingReport(destination);
  return (
    <tr className={styles['destination']} data-faded={destination.admin === 'disabled' || undefined}>
      <td className={styles['address']}>
        <Link to="." search={(old) => ({ ...old, destination: String(destination.id), open: undefined, create: undefined })} className={styles['rowLink'] ?? ''} aria-label={`Destination ${destination.uri}`} />
        <Copyable value={destination.uri} />
        <span className={styles['comment']}>{[place(destination, algorithm), destination.comment].filter((text) => text !== '').join(' · ')}</span>
      </td>
      <td className={styles['state']}>
        <StateBadge tone={state.tone}>{state.word}</StateBadge>
      </td>
      <td data-align="right" data-wide>
        <Latency destination={destination} />
      </td>
      <td data-align="right" data-wide>{count(callsOf(destination))}</td>
      <td data-wide className={styles['reason']}>
        {report === null ? (
          'no node has reported'
        ) : (
          <>
            <span className={styles['age']}>
              <RelativeTime atMs={report.sinceMs} />
            </span>
            <span title={report.reasonText}>{report.reasonText}</span>
          </>
        )}
      </td>
      <td data-align="right">
        <DestinationActions destination={destination} />
      </td>
    </tr>
  );
}

function SetRows({ set, open }: { readonly set: DispatcherSet; readonly open: boolean }) {
  const summary = setSummary(set);
  return (
    <tbody>
      <tr className={styles['set']} data-open={open || undefined}>
        <th scope="rowgroup" colSpan={6}>
          <div className={styles['setLine']}>
            <Link to="." search={(old) => ({ ...old, open: String(set.id), create: undefined, destination: undefined })} className={styles['setLink'] ?? ''}>
              <span className={styles['number']}>{set.id}</span>
              {set.name === '' ? 'unnamed' : set.name}
            </Link>
            <StateBadge tone={summary.tone}>{summary.text}</StateBadge>
            <span className={styles['facts']}>
              {set.algorithmName}
              {set.tenant === null ? ' · shared' : null}
              {set.tenant === null ? null : (
                <>
                  {' · '}
                  <TableLink to="/tenants" search={{ open: set.tenant }}>
                    {set.tenant}
                  </TableLink>
                </>
              )}
              {set.probing.mode === 'never' ? ' · not probed' : null}
            </span>
          </div>
        </th>
      </tr>
      {set.destinations.map((destination) => (
        <DestinationRow key={destination.id} destination={destination} algorithm={set.algorithm} />
      ))}
    </tbody>
  );
}

/** All sets in one table with shared columns: a line a set, a line a destination. */
export function SetsTable({ sets, open }: { readonly sets: readonly DispatcherSet[]; readonly open: string | undefined }) {
  return (
    <table className={styles['table']} aria-label="Dispatcher sets and their destinations">
      <thead>
        <tr>
          <th scope="col" className={styles['wideColumn']}>Destination</th>
          <th scope="col" className={styles['stateColumn']}>State</th>
          <th scope="col" data-align="right" data-wide style={{ width: 132 }}>Latency</th>
          <th scope="col" data-align="right" data-wide style={{ width: 64 }}>Calls</th>
          <th scope="col" data-wide>Last change</th>
          <th scope="col" className={styles['actColumn']}>
            <span className="visually-hidden">Acts</span>
          </th>
        </tr>
      </thead>
      {sets.map((set) => (
        <SetRows key={set.id} set={set} open={String(set.id) === open} />
      ))}
    </table>
  );
}
