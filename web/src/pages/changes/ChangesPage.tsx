import { useInfiniteQuery } from '@tanstack/react-query';
import { IconGitCommit } from '@tabler/icons-react';
import { useSearch } from '@tanstack/react-router';
import type { Change } from '../../../../controlplane/contract/index.ts';
import { changesQuery } from '../../api/live-queries.ts';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { actorName } from '../../lib/actor.ts';
import { count } from '../../lib/figures.ts';
import { ChangeDrawer } from './ChangeDrawer.tsx';

const columns: readonly Column<Change>[] = [
  { key: 'rev', header: 'Revision', width: '90px', render: (row) => <span className="num">{row.rev}</span> },
  { key: 'summary', header: 'What changed', render: (row) => row.summary },
  { key: 'ops', header: 'Rows', align: 'right', render: (row) => count(row.ops), wide: true },
  { key: 'actor', header: 'By', render: (row) => actorName(row.actor) },
  { key: 'address', header: 'From', render: (row) => <span className="mono">{row.address}</span>, wide: true },
  { key: 'at', header: 'When', align: 'right', render: (row) => <RelativeTime atMs={row.atMs} suffix=" ago" /> },
];

export function ChangesPage() {
  const { open } = useSearch({ strict: false });
  const query = useInfiniteQuery(changesQuery);
  return (
    <>
      <PageHeader title="Changes" about="Every revision of the configuration, newest first: who changed what, and the way back." />
      <ListPanel
        query={query}
        filtered={false}
        empty={
          <EmptyState icon={<IconGitCommit size={22} stroke={1.6} />} title="Nothing has changed yet">
            Each save becomes a revision with its author and its difference. Any of them can be taken back.
          </EmptyState>
        }
      >
        {(rows) => <DataTable label="Changes" rows={rows} columns={columns} rowKey={(row) => String(row.rev)} opens />}
      </ListPanel>
      {open === undefined ? null : <ChangeDrawer key={open} rev={open} />}
    </>
  );
}
