import { queryOptions } from '@tanstack/react-query';
import type { CertificatesResealed, ClusterKeyItem, ClusterKeyList } from '../../../controlplane/contract/index.ts';
import { send } from './http.ts';
import { waitQuery } from './resource.ts';
import { trackWrite } from './writes.ts';

const path = 'cluster-keys';
/** No event tells when a key begins to sign. */
const waitingMs = 2_000;

export const clusterKeysQuery = queryOptions({
  queryKey: [path],
  queryFn: ({ signal }) => send<ClusterKeyList>('GET', path, { signal }),
  refetchInterval: ({ state }) => (state.data?.some((key) => key.state === 'announced') === true ? waitingMs : false),
});

export const addClusterKey = (): Promise<ClusterKeyItem> => send<ClusterKeyItem>('POST', path, { body: {} });

export const retireClusterKey = (id: number): Promise<undefined> => send<undefined>('DELETE', `${path}/${id}`);

/** Seals the certificates' private keys under the key that signs. */
export const resealCertificates = (): Promise<CertificatesResealed> =>
  trackWrite(() => send<CertificatesResealed>('POST', `${path}/reseal`, { query: waitQuery }));
