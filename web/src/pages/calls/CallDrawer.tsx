import { useInfiniteQuery } from '@tanstack/react-query';
import type { LiveCall } from '../../../../controlplane/contract/index.ts';
import { callsQuery } from '../../api/live-lists.ts';
import { Copyable } from '../../components/Copyable.tsx';
import { EntityDrawer } from '../../components/EntityDrawer.tsx';
import { Facts } from '../../components/Facts.tsx';
import { Failure, Section } from '../../components/Form.tsx';
import { MissingNodes } from '../../components/MissingNodes.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { TableLink } from '../../components/TableLink.tsx';
import { exactTime } from '../../lib/time.ts';
import { callIdOfKey, keyCalls } from './call-key.ts';
import { callVerdict } from './call-media.ts';
import { CallMedia } from './CallMedia.tsx';
import { Destination } from './Destination.tsx';
import { Party } from './Parties.tsx';

const drawerWidth = 680;
/** Characters that the list's filter takes. */
const filterLength = 255;

/** One call that is up, asked for by its Call-ID, so that the drawer also opens from a link. */
export function CallDrawer({ id }: { readonly id: string }) {
  const query = useInfiniteQuery(callsQuery({ q: callIdOfKey(id).slice(0, filterLength) }));
  const calls = query.data?.pages.flatMap((page) => page.items) ?? [];
  const [call] = [...keyCalls(calls)].find(([, key]) => key === id) ?? [];
  if (call !== undefined) return <OpenCall call={call} />;
  return (
    <EntityDrawer title="Live call" size={drawerWidth}>
      <Failure error={query.data === undefined ? query.error : null} />
      <MissingNodes pages={query.data?.pages} what="calls" />
      {query.data === undefined ? null : <p style={{ margin: 0 }}>This call is not up any more.</p>}
    </EntityDrawer>
  );
}

function OpenCall({ call }: { readonly call: LiveCall }) {
  const { media } = call;
  const state = media === null ? null : callVerdict(media);
  return (
    <EntityDrawer
      title={<Copyable value={call.callId} />}
      size={drawerWidth}
      about={
        <>
          up for <RelativeTime atMs={call.startedMs} />
          {state === null ? null : (
            <>
              {' · '}
              <StateBadge tone={state.tone}>{state.word}</StateBadge>
            </>
          )}
        </>
      }
    >
      <Section title="Media" about={media === null ? undefined : 'Packets as the node sees them, asked for every five seconds.'}>
        {media === null ? (
          <p style={{ margin: 0, color: 'var(--sb-ink-2)', lineHeight: 1.55 }}>
            Goes from end to end without us: the media policy of the tenant says so, or no relay was needed. Nobody here counts its packets.
          </p>
        ) : (
          <CallMedia media={media} />
        )}
      </Section>
      <Section title="Way">
        <Facts
          facts={[
            ['From', <Party key="caller" value={call.caller} />],
            ['To', <Party key="callee" value={call.callee} />],
            ['Dialled', <Party key="dialled" value={call.dialled} />],
            ['Went to', <Destination key="to" call={call} />],
            ['Because', call.decision === '' ? 'the phone is registered here' : call.decision],
            ['Tenant', call.tenant === null ? '–' : <TableLink key="tenant" to="/tenants" search={{ open: call.tenant }}>{call.tenant}</TableLink>],
            ['Through', <TableLink key="node" to="/nodes" search={{ open: call.node }}>{call.nodeName}</TableLink>],
            ['Answered', exactTime(call.startedMs)],
            ...(media === null ? [] : [['Media session', <Copyable key="session" value={media.session} />] as const]),
          ]}
        />
      </Section>
    </EntityDrawer>
  );
}
