/**
 * What an import wants: entities in the shapes of the REST API, split into what the file says (`says`: it wins over
 * what is there) and what only a new entity takes (`defaults`: an operator's later change stays). PURE types.
 */
import type { Algorithm } from '../../dataplane/contract/algorithms.ts';
import type { DestinationBody, DispatcherSetBody } from '../contract/dispatcher-sets.ts';
import type { DomainBody } from '../contract/domains.ts';
import type { RouteSetBody } from '../contract/route-sets.ts';
import type { TenantBody } from '../contract/tenants.ts';
import type { ImportSuggestion } from './report.ts';

export interface PlannedDestination {
  readonly where: string;
  readonly says: DestinationBody;
  readonly defaults: Partial<DestinationBody>;
}

export interface PlannedSet {
  readonly id: number;
  readonly says: Pick<DispatcherSetBody, 'probing'>;
  readonly defaults: DispatcherSetBody;
  /** Groups of domains that use it: one → it belongs to their tenant, several or none → shared. */
  readonly groups: readonly string[];
  readonly destinations: readonly PlannedDestination[];
}

export interface PlannedRouteSet {
  readonly number: number;
  readonly says: Pick<RouteSetBody, 'rules'>;
  readonly defaults: RouteSetBody;
  readonly groups: readonly string[];
}

export interface PlannedDomain {
  readonly name: string;
  readonly where: string;
  readonly says: Pick<DomainBody, 'routeSet' | 'did' | 'enabled' | 'comment'>;
  /** Domains of one group belong to one tenant: that of a member that exists already, else `tenantKey`. */
  readonly group: string;
}

export interface PlannedTenant {
  readonly group: string;
  readonly key: string;
  readonly defaults: TenantBody;
}

export interface ImportPlan {
  readonly tenants: readonly PlannedTenant[];
  readonly dispatcherSets: readonly PlannedSet[];
  readonly routeSets: readonly PlannedRouteSet[];
  readonly domains: readonly PlannedDomain[];
  readonly suggestions: readonly ImportSuggestion[];
}

/** Everything that an import may choose. */
export interface ImportOptions {
  /** One tenant for all domains; null = one a domain id (db_text) or dispatcher set (SIP Router Notes). */
  readonly tenant: string | null;
  /** How new dispatcher sets choose: an argument of the old routing script, which no table holds. null = not said. */
  readonly algorithm: Algorithm | null;
}
