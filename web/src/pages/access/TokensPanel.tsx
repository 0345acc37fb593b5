import { IconKey } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ApiToken } from '../../../../controlplane/contract/index.ts';
import { revokeToken, tokensQuery } from '../../api/access.ts';
import { useRefresh } from '../../api/use-write.ts';
import { DangerButton } from '../../components/DangerButton.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { NewButton } from '../../components/NewButton.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { TimeLeft } from '../../components/TimeLeft.tsx';
import { useNow } from '../../lib/time.ts';

function Expiry({ atMs }: { readonly atMs: number | null }) {
  const now = useNow();
  if (atMs === null) return 'never';
  return atMs <= now ? <StateBadge tone="disabled">expired</StateBadge> : <TimeLeft atMs={atMs} />;
}

function Revoke({ token }: { readonly token: ApiToken }) {
  const refresh = useRefresh();
  const revoke = async () => {
    await revokeToken(token.id);
    refresh('tokens');
  };
  return (
    <DangerButton label="Revoke" of={token.name} title={`Revoke ${token.name}?`} act={revoke}>
      Whatever uses this token is refused from now on. A revoked token cannot be brought back; make a new one first where something depends on it.
    </DangerButton>
  );
}

const columns: readonly Column<ApiToken>[] = [
  { key: 'name', header: 'API token', render: (row) => <strong>{row.name}</strong>, wraps: true },
  { key: 'role', header: 'Role', render: (row) => row.role, wide: true },
  { key: 'scopes', header: 'May', render: (row) => (row.scopes === null ? 'all that its role may' : row.scopes.join(', ')), wide: true, wraps: true },
  { key: 'used', header: 'Last used', align: 'right', render: (row) => (row.lastUsedAtMs === null ? 'never' : <RelativeTime atMs={row.lastUsedAtMs} suffix=" ago" />), wide: true },
  { key: 'expires', header: 'Expires', align: 'right', render: (row) => <Expiry atMs={row.expiresAtMs} /> },
  { key: 'revoke', header: 'Acts', quiet: true, align: 'right', width: '84px', render: (row) => <Revoke token={row} /> },
];

/** What programs sign in with. */
export function TokensPanel() {
  const query = useInfiniteQuery(tokensQuery);
  const create = <NewButton kind="token">New API token</NewButton>;
  return (
    <ListPanel
      title="API tokens"
      aside={create}
      query={query}
      filtered={false}
      empty={
        <EmptyState icon={<IconKey size={22} stroke={1.6} />} title="No program has a token" action={create}>
          Scripts and provisioning systems use the REST API with a token of their own. It may do less than you, can expire, and is revoked here.
        </EmptyState>
      }
    >
      {(rows) => <DataTable label="API tokens" rows={rows} columns={columns} rowKey={(row) => row.id} />}
    </ListPanel>
  );
}
