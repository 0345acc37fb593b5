import { Button } from '@mantine/core';
import { IconAt, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { Alias } from '../../../../controlplane/contract/index.ts';
import { aliases } from '../../api/resources.ts';
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
import { AliasDrawer } from './AliasDrawer.tsx';

const columns: readonly Column<Alias>[] = [
  { key: 'alias', header: 'Alias', render: (row) => <span className="mono">{row.alias}</span> },
  { key: 'target', header: 'Stands for', render: (row) => <span className="mono">{row.target}</span> },
  { key: 'state', header: 'State', render: (row) => <StateBadge tone={row.enabled ? 'up' : 'disabled'}>{row.enabled ? 'enabled' : 'disabled'}</StateBadge> },
  { key: 'tenant', header: 'Tenant', render: (row) => <TableLink to="/tenants" search={{ open: row.tenant }}>{row.tenant}</TableLink>, wide: true },
  { key: 'comment', header: 'Comment', render: (row) => row.comment, wide: true },
  { key: 'updated', header: 'Changed', align: 'right', render: (row) => <RelativeTime atMs={row.updatedAtMs} suffix=" ago" />, wide: true },
];

export function AliasesPage() {
  const { q, tenant, open } = useSearch({ strict: false });
  const { creating, startNew } = useDrawer();
  const writable = useMayWrite();
  const query = useInfiniteQuery(aliases.list({ q, tenant }));
  const create = writable ? (
    <Button leftSection={<IconPlus size={15} />} onClick={startNew}>
      New alias
    </Button>
  ) : null;
  return (
    <>
      <PageHeader title="Aliases" about="Other names of addresses, or of whole domains, for calls that do not come from trunks." actions={create} />
      <Filters placeholder="Alias, target or comment" tenant />
      <ListPanel
        query={query}
        filtered={q !== undefined || tenant !== undefined}
        empty={
          <EmptyState icon={<IconAt size={22} stroke={1.6} />} title="One address, several names" action={create}>
            An alias lets people dial sales@acme.example and reach extension 100, or keeps *@old.example working after a move. It is looked up once,
            before the route set.
          </EmptyState>
        }
      >
        {(rows) => <DataTable label="Aliases" rows={rows} columns={columns} rowKey={(row) => row.alias} opens={(row) => row.alias} openKey={open} faded={(row) => !row.enabled} />}
      </ListPanel>
      {open !== undefined || creating ? <AliasDrawer key={open ?? 'new'} address={open ?? null} /> : null}
    </>
  );
}
