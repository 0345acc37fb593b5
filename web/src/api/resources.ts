import type {
  Alias, AliasBody, AliasWritten, Certificate, CertificateBody, CertificateWritten, Destination, DestinationPatch, DestinationWritten, DispatcherSet, DispatcherSetCreate, DispatcherSetWritten, Domain, DomainBody,
  DomainWritten, NumberBody, NumberItem, NumberWritten, RouteSet, RouteSetCreate, RouteSetListItem, RouteSetWritten, RuleFindings, Tenant, TenantBody, TenantListItem, TenantWritten,
  Trunk, TrunkBody, TrunkWritten,
} from '../../../controlplane/contract/index.ts';
import { queryOptions } from '@tanstack/react-query';
import { send } from './http.ts';
import { resource } from './resource.ts';

export const tenants = resource<Tenant, TenantListItem, TenantBody, TenantWritten>('tenants');
export const domains = resource<Domain, Domain, DomainBody, DomainWritten>('domains');
export const routeSets = resource<RouteSet, RouteSetListItem, RouteSetCreate, RouteSetWritten>('route-sets');
export const dispatcherSets = resource<DispatcherSet, DispatcherSet, DispatcherSetCreate, DispatcherSetWritten>('dispatcher-sets');
export const destinations = resource<Destination, Destination, DestinationPatch, DestinationWritten>('destinations');
export const trunks = resource<Trunk, Trunk, TrunkBody, TrunkWritten>('trunks');
export const numbers = resource<NumberItem, NumberItem, NumberBody, NumberWritten>('numbers');
export const aliases = resource<Alias, Alias, AliasBody, AliasWritten>('aliases');
export const certificates = resource<Certificate, Certificate, CertificateBody, CertificateWritten>('certificates');

/** Rules of a saved route set that never decide, overlap, or have nowhere to send to. */
export const routeSetFindings = (number: number) =>
  queryOptions({
    queryKey: ['route-sets', 'findings', String(number)],
    queryFn: ({ signal }) => send<RuleFindings>('GET', `route-sets/${number}/findings`, { signal }),
  });

/** Everything that a new revision may have changed. */
export const configuredPaths = ['tenants', 'domains', 'route-sets', 'dispatcher-sets', 'destinations', 'trunks', 'numbers', 'aliases', 'rate-tables', 'certificates', 'settings', 'changes'] as const;
