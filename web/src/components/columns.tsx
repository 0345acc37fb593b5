/** Columns that several lists have. */
import type { Column } from './DataTable.tsx';
import { RelativeTime } from './RelativeTime.tsx';
import { StateBadge } from './StateBadge.tsx';
import { TableLink } from './TableLink.tsx';

export const stateColumn: Column<{ readonly enabled: boolean }> = {
  key: 'state', header: 'State', render: ({ enabled }) => <StateBadge tone={enabled ? 'up' : 'disabled'}>{enabled ? 'enabled' : 'disabled'}</StateBadge>,
};

export const tenantColumn: Column<{ readonly tenant: string | null }> = {
  key: 'tenant', header: 'Tenant', render: ({ tenant }) => (tenant === null ? '–' : <TableLink to="/tenants" search={{ open: tenant }}>{tenant}</TableLink>), wide: true,
};

export const routeSetColumn: Column<{ readonly routeSet: number }> = {
  key: 'routeSet', header: 'Route set', align: 'right', render: ({ routeSet }) => <TableLink to="/route-sets" search={{ open: String(routeSet) }}>{routeSet}</TableLink>,
};

export const commentColumn: Column<{ readonly comment: string }> = { key: 'comment', header: 'Comment', render: ({ comment }) => comment, wide: true };

export const changedColumn: Column<{ readonly updatedAtMs: number }> = { key: 'updated', header: 'Changed', align: 'right', render: ({ updatedAtMs }) => <RelativeTime atMs={updatedAtMs} suffix=" ago" />, wide: true };

/** The node that holds what the row shows. */
export const nodeColumn: Column<{ readonly node: string; readonly nodeName: string }> = { key: 'node', header: 'Through', render: ({ node, nodeName }) => <TableLink to="/nodes" search={{ open: node }}>{nodeName}</TableLink> };
