import { IconDeviceLandlinePhone } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { Registration } from '../../../../controlplane/contract/index.ts';
import { registrationsQuery } from '../../api/live-lists.ts';
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
import { TimeLeft } from '../../components/TimeLeft.tsx';

const columns: readonly Column<Registration>[] = [
  { key: 'aor', header: 'Address of record', render: (row) => <Copyable value={row.aor} />, width: '26%' },
  {
    key: 'source',
    header: 'From',
    render: (row) => (
      <span title={`Contact ${row.contact}`}>
        <span className="mono">{row.source}</span>
        {row.behindNat ? ' · NAT' : null}
      </span>
    ),
  },
  { key: 'agent', header: 'Agent', render: (row) => row.agent, wide: true },
  tenantColumn,
  { key: 'registrar', header: 'Destination', align: 'right', render: (row) => (row.destination === null ? '–' : <TableLink to="/dispatcher" search={{ destination: String(row.destination) }}>{row.destination}</TableLink>), wide: true },
  nodeColumn,
  { key: 'since', header: 'Refreshed', align: 'right', render: (row) => <RelativeTime atMs={row.registeredMs} suffix=" ago" />, wide: true },
  { key: 'expires', header: 'Runs out', align: 'right', render: (row) => <TimeLeft atMs={row.expiresMs} /> },
];

/** Phones that the nodes have seen accepted; the registrars themselves may know more. */
export function RegistrationsPage() {
  const { q, tenant } = useSearch({ strict: false });
  const query = useInfiniteQuery(registrationsQuery({ q, tenant }));
  return (
    <>
      <PageHeader title="Registrations" about="Who is registered from where, over what, and through which node." />
      <Filters placeholder="Address, contact, source or agent" tenant />
      <MissingNodes pages={query.data?.pages} what="registrations" />
      <ListPanel
        query={query}
        filtered={q !== undefined || tenant !== undefined}
        empty={
          <EmptyState icon={<IconDeviceLandlinePhone size={22} stroke={1.6} />} title="No phone has registered yet">
            As soon as a PBX accepts a REGISTER that came through a node, the phone appears here, with the address that it really has.
          </EmptyState>
        }
      >
        {(rows) => <DataTable label="Registrations" rows={rows} columns={columns} rowKey={(row) => `${row.node} ${row.aor} ${row.contact}`} />}
      </ListPanel>
    </>
  );
}
