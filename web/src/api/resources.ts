import type {
  Destination, DestinationPatch, DestinationWritten, DispatcherSet, DispatcherSetCreate, DispatcherSetWritten, Domain, DomainBody,
  DomainWritten, RouteSet, RouteSetCreate, RouteSetListItem, RouteSetWritten, Tenant, TenantBody, TenantListItem, TenantWritten,
  Trunk, TrunkBody, TrunkWritten,
} from '../../../controlplane/contract/index.ts';
import { resource } from './resource.ts';

export const tenants = resource<Tenant, TenantListItem, TenantBody, TenantWritten>('tenants');
export const domains = resource<Domain, Domain, DomainBody, DomainWritten>('domains');
export const routeSets = resource<RouteSet, RouteSetListItem, RouteSetCreate, RouteSetWritten>('route-sets');
export const dispatcherSets = resource<DispatcherSet, DispatcherSet, DispatcherSetCreate, DispatcherSetWritten>('dispatcher-sets');
export const destinations = resource<Destination, Destination, DestinationPatch, DestinationWritten>('destinations');
export const trunks = resource<Trunk, Trunk, TrunkBody, TrunkWritten>('trunks');

/** Everything that a new revision may have changed. */
export const configuredPaths = ['tenants', 'domains', 'route-sets', 'dispatcher-sets', 'destinations', 'trunks', 'changes'] as const;
