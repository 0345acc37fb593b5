import type { LiveCall } from '../../../../controlplane/contract/index.ts';
import { TableLink } from '../../components/TableLink.tsx';

/** Where a call went, as a link if it is a destination of a set. */
export function Destination({ call: { destination } }: { readonly call: Pick<LiveCall, 'destination'> }) {
  if (destination === null) return 'a phone';
  return (
    <TableLink to="/dispatcher" search={{ destination: String(destination) }}>
      destination {destination}
    </TableLink>
  );
}
