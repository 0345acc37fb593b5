import { IconUsers } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { User } from '../../../../controlplane/contract/index.ts';
import { usersQuery } from '../../api/access.ts';
import { sessionQuery } from '../../api/session.ts';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { NewButton } from '../../components/NewButton.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import styles from './AccessPage.module.css';

function Email({ user }: { readonly user: User }) {
  const { data: me } = useQuery(sessionQuery);
  return (
    <>
      {user.email}{' '}
      {user.id === me?.id ? <span className={styles['you']}>you</span> : null}
    </>
  );
}

const columns: readonly Column<User>[] = [
  { key: 'email', header: 'User', render: (row) => <Email user={row} /> },
  { key: 'name', header: 'Name', render: (row) => row.name, wide: true },
  { key: 'role', header: 'Role', render: (row) => row.role },
  { key: 'state', header: 'State', render: (row) => <StateBadge tone={row.disabled ? 'disabled' : 'up'}>{row.disabled ? 'disabled' : 'enabled'}</StateBadge> },
  { key: 'seen', header: 'Last sign-in', align: 'right', render: (row) => (row.lastSignInAtMs === null ? 'never' : <RelativeTime atMs={row.lastSignInAtMs} suffix=" ago" />), wide: true },
  { key: 'made', header: 'Added', align: 'right', render: (row) => <RelativeTime atMs={row.createdAtMs} suffix=" ago" />, wide: true },
];

/** People who may sign in. */
export function UsersPanel() {
  const query = useInfiniteQuery(usersQuery);
  const create = <NewButton kind="user">Add user</NewButton>;
  return (
    <ListPanel
      title="Users"
      aside={create}
      query={query}
      filtered={false}
      empty={
        <EmptyState icon={<IconUsers size={22} stroke={1.6} />} title="Nobody can sign in" action={create}>
          You came in with a token. Add the people who work with this installation.
        </EmptyState>
      }
    >
      {(rows) => <DataTable label="Users" rows={rows} columns={columns} rowKey={(row) => row.id} faded={(row) => row.disabled} opens />}
    </ListPanel>
  );
}
