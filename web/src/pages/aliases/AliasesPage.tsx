import { IconAt } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { Alias } from '../../../../controlplane/contract/index.ts';
import { aliases } from '../../api/resources.ts';
import { changedColumn, commentColumn, stateColumn, tenantColumn } from '../../components/columns.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { OpenedEntity } from '../../components/DrawerQuery.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Filters } from '../../components/Filters.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { NewButton } from '../../components/NewButton.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { AliasDrawer } from './AliasDrawer.tsx';

const columns: readonly Column<Alias>[] = [
  { key: 'alias', header: 'Alias', render: (row) => <span className="mono">{row.alias}</span> },
  { key: 'target', header: 'Stands for', render: (row) => <span className="mono">{row.target}</span> },
  stateColumn, tenantColumn, commentColumn, changedColumn,
];

export function AliasesPage() {
  const { q, tenant } = useSearch({ strict: false });
  const query = useInfiniteQuery(aliases.list({ q, tenant }));
  const create = <NewButton>New alias</NewButton>;
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
        {(rows) => <DataTable label="Aliases" rows={rows} columns={columns} rowKey={(row) => row.alias} opens faded={(row) => !row.enabled} />}
      </ListPanel>
      <OpenedEntity of={aliases}>{(alias) => <AliasDrawer alias={alias} />}</OpenedEntity>
    </>
  );
}
