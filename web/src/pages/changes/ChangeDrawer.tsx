import type { ChangeDetail } from '../../../../controlplane/contract/index.ts';
import { useQuery } from '@tanstack/react-query';
import { changeQuery, overviewQuery, rollBack } from '../../api/live-queries.ts';
import { configuredPaths } from '../../api/resources.ts';
import { useMayWrite, useRefresh } from '../../api/use-write.ts';
import { Copyable } from '../../components/Copyable.tsx';
import { DangerButton } from '../../components/DangerButton.tsx';
import { DrawerQuery } from '../../components/DrawerQuery.tsx';
import { EntityDrawer } from '../../components/EntityDrawer.tsx';
import { Facts } from '../../components/Facts.tsx';
import { Section } from '../../components/Form.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { actorName } from '../../lib/actor.ts';
import { plural } from '../../lib/figures.ts';
import { RowDiff } from './RowDiff.tsx';

const drawerWidth = 760;

/** One revision: who, when, the rows before and after, and the way back. */
export function ChangeDrawer({ rev }: { readonly rev: string }) {
  return (
    <DrawerQuery title={`Revision ${rev}`} size={drawerWidth} query={changeQuery(rev)}>
      {(change) => <ChangeBody change={change} />}
    </DrawerQuery>
  );
}

function ChangeBody({ change }: { readonly change: ChangeDetail }) {
  const writable = useMayWrite();
  const refresh = useRefresh();
  const head = useQuery(overviewQuery()).data?.head.rev ?? 0;
  const back = async () => {
    await rollBack(change.rev);
    refresh(...configuredPaths, 'overview');
  };
  const undone = Math.max(0, head - change.rev);
  return (
    <EntityDrawer
      size={drawerWidth}
      title={`Revision ${change.rev}`}
      about={change.summary}
      danger={
        !writable || undone === 0 ? undefined : (
          <DangerButton label={`Roll back to revision ${change.rev}`} title={`Roll back to revision ${change.rev}?`} act={back}>
            {plural(undone, 'later revision is', 'later revisions are')} taken back. The configuration becomes again what it was right after this
            change, as a new revision that every node applies at once; calls in progress go on. The history keeps everything.
          </DangerButton>
        )
      }
    >
      <Section title="Author">
        <Facts
          facts={[
            ['By', actorName(change.actor)],
            ['From', change.address === '' ? '–' : <Copyable key="address" value={change.address} />],
            ['When', <RelativeTime key="at" atMs={change.atMs} suffix=" ago" />],
            ['Request', change.requestId === '' ? '–' : <Copyable key="request" value={change.requestId} />],
          ]}
        />
      </Section>
      <Section title={plural(change.changes.length, 'row')} about={change.truncated ? 'Only the first rows are listed.' : 'As the nodes see them, before and after.'}>
        {change.changes.map((row) => (
          <RowDiff key={`${row.table} ${row.key}`} change={row} />
        ))}
      </Section>
    </EntityDrawer>
  );
}
