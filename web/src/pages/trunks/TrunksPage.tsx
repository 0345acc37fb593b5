import { Button } from '@mantine/core';
import { IconPlugConnected, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { Trunk } from '../../../../controlplane/contract/index.ts';
import { trunks } from '../../api/resources.ts';
import { useMayWrite } from '../../api/use-write.ts';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { useDrawer } from '../../components/EntityDrawer.tsx';
import { Filters } from '../../components/Filters.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { TableLink } from '../../components/TableLink.tsx';
import { TrunkDrawer } from './TrunkDrawer.tsx';

const sourceText = (sources: readonly string[]): string => sources.slice(0, 2).join(', ') + (sources.length > 2 ? ` and ${sources.length - 2} more` : '');

const columns: readonly Column<Trunk>[] = [
  { key: 'name', header: 'Trunk', render: (row) => (row.name === '' ? row.key : row.name) },
  { key: 'state', header: 'State', render: (row) => <StateBadge tone={row.enabled ? 'up' : 'disabled'}>{row.enabled ? 'enabled' : 'disabled'}</StateBadge> },
  { key: 'sources', header: 'Sources', render: (row) => <span className="mono" title={row.sources.join('\n')}>{sourceText(row.sources)}</span> },
  { key: 'tenant', header: 'Tenant', render: (row) => <TableLink to="/tenants" search={{ open: row.tenant }}>{row.tenant}</TableLink>, wide: true },
  { key: 'routeSet', header: 'Route set', align: 'right', render: (row) => <TableLink to="/route-sets" search={{ open: String(row.routeSet) }}>{row.routeSet}</TableLink>, wide: true },
  { key: 'updated', header: 'Changed', align: 'right', render: (row) => <RelativeTime atMs={row.updatedAtMs} suffix=" ago" />, wide: true },
];

export function TrunksPage() {
  const { q, tenant, open } = useSearch({ strict: false });
  const { creating, startNew } = useDrawer();
  const writable = useMayWrite();
  const query = useInfiniteQuery(trunks.list({ q, tenant }));
  const create = writable ? (
    <Button leftSection={<IconPlus size={15} />} onClick={startNew}>
      New trunk
    </Button>
  ) : null;
  return (
    <>
      <PageHeader title="Trunks" about="Peers known by their source address: carriers and PBXs that send calls in." actions={create} />
      <Filters placeholder="Name, key or comment" tenant />
      <ListPanel
        query={query}
        filtered={q !== undefined || tenant !== undefined}
        empty={
          <EmptyState icon={<IconPlugConnected size={22} stroke={1.6} />} title="No trunk yet" action={create}>
            A trunk gives calls from certain addresses a tenant and a route set, whatever name they dial. Phones do not need one; carriers and
            PBXs that send calls through this edge do.
          </EmptyState>
        }
      >
        {(rows) => <DataTable label="Trunks" rows={rows} columns={columns} rowKey={(row) => row.key} opens={(row) => row.key} openKey={open} faded={(row) => !row.enabled} />}
      </ListPanel>
      {open !== undefined || creating ? <TrunkDrawer key={open ?? 'new'} trunkKey={open ?? null} /> : null}
    </>
  );
}
