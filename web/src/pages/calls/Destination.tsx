import type { LiveCall } from '../../../../controlplane/contract/index.ts';
import { TableLink } from '../../components/TableLink.tsx';
import { Pair } from './Parties.tsx';

/** Where a call went, as a link if it is a destination of a set. */
export function Destination({ call: { destination, destinationUri } }: { readonly call: Pick<LiveCall, 'destination' | 'destinationUri'> }) {
  if (destination === null) return 'a phone';
  return (
    <Pair
      first={
        <TableLink to="/dispatcher" search={{ destination: String(destination) }}>
          destination {destination}
        </TableLink>
      }
      second={destinationUri ?? ''}
    />
  );
}
