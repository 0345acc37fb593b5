import { IconPhoneCall } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { LiveCall } from '../../../../controlplane/contract/index.ts';
import { callsQuery } from '../../api/live-lists.ts';
import { nodeColumn, tenantColumn } from '../../components/columns.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Filters } from '../../components/Filters.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { MissingNodes } from '../../components/MissingNodes.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { callVerdict, engines } from './call-media.ts';
import { CallDrawer } from './CallDrawer.tsx';
import { keyCalls } from './call-key.ts';
import { Destination } from './Destination.tsx';
import { Callee, Caller } from './Parties.tsx';

function Quality({ call: { media } }: { readonly call: LiveCall }) {
  if (media === null) return '–';
  const { tone, word } = callVerdict(media);
  return <StateBadge tone={tone}>{word}</StateBadge>;
}

const columns: readonly Column<LiveCall>[] = [
  { key: 'caller', header: 'From', render: (row) => <Caller call={row} /> },
  { key: 'callee', header: 'To', render: (row) => <Callee call={row} /> },
  { key: 'age', header: 'Up for', align: 'right', render: (row) => <RelativeTime atMs={row.startedMs} /> },
  tenantColumn,
  { key: 'destination', header: 'Went to', render: (row) => <Destination call={row} />, wide: true },
  { key: 'decision', header: 'Because', render: (row) => row.decision, wraps: true, wide: true },
  { key: 'media', header: 'Media', render: (row) => (row.media === null ? 'direct' : engines(row.media)), wide: true },
  { key: 'quality', header: 'Quality', render: (row) => <Quality call={row} /> },
  nodeColumn,
];

/** Calls that are up: the decision that sent each where it is, and how its media fares. */
export function CallsPage() {
  const { q, tenant, open } = useSearch({ strict: false });
  const query = useInfiniteQuery(callsQuery({ q, tenant }));
  return (
    <>
      <PageHeader title="Live calls" about="Calls in progress: who calls whom, where each one went, why, and how it sounds." />
      <Filters placeholder="Caller, callee, Call-ID or decision" tenant />
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
        {(rows) => {
          const keys = keyCalls(rows);
          return <DataTable label="Live calls" rows={rows} columns={columns} rowKey={(row) => keys.get(row) ?? ''} opens />;
        }}
      </ListPanel>
      {open === undefined ? null : <CallDrawer key={open} id={open} />}
    </>
  );
}
