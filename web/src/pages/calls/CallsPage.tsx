import { IconPhoneCall } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { LiveCall } from '../../../../controlplane/contract/index.ts';
import { callsQuery } from '../../api/live-lists.ts';
import { Copyable } from '../../components/Copyable.tsx';
import { nodeColumn, tenantColumn } from '../../components/columns.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Filters } from '../../components/Filters.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { MissingNodes } from '../../components/MissingNodes.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableLink } from '../../components/TableLink.tsx';

const columns: readonly Column<LiveCall>[] = [
  { key: 'callId', header: 'Call-ID', render: (row) => <Copyable value={row.callId} /> },
  { key: 'age', header: 'Up for', align: 'right', render: (row) => <RelativeTime atMs={row.startedMs} /> },
  { ...tenantColumn, wide: false },
  { key: 'destination', header: 'Went to', render: (row) => (row.destination === null ? 'a phone' : <TableLink to="/dispatcher" search={{ destination: String(row.destination) }}>destination {row.destination}</TableLink>), wide: true },
  { key: 'decision', header: 'Because', render: (row) => row.decision, wraps: true, wide: true },
  nodeColumn,
];

/** Calls that are up, with the decision that sent each where it is. */
export function CallsPage() {
  const { q, tenant } = useSearch({ strict: false });
  const query = useInfiniteQuery(callsQuery({ q, tenant }));
  return (
    <>
      <PageHeader title="Live calls" about="Calls in progress: where each one went, and why." />
      <Filters placeholder="Call-ID or part of the decision" tenant />
      <MissingNodes pages={query.data?.pages} what="calls" />
      <ListPanel
        query={query}
        filtered={q !== undefined || tenant !== undefined}
        empty={
          <EmptyState icon={<IconPhoneCall size={22} stroke={1.6} />} title="No call is up">
            A call is here from its answer to its BYE. Which way a call would take, before anybody dials, is what Explain tells.
          </EmptyState>
        }
      >
        {(rows) => <DataTable label="Live calls" rows={rows} columns={columns} rowKey={(row) => `${row.node} ${row.callId} ${row.startedMs}`} />}
      </ListPanel>
    </>
  );
}
