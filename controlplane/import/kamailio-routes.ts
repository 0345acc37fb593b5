/**
 * Which route set a domain id of Kamailio means. PURE. Conventions: `routeset` N → dispatcher sets 4000+N (IPv4) and
 * 6000+N (IPv6), as the xlab1 front end has it; `dispatcher_set_id` S → dispatcher set S.
 */
import type { KamailioAttribute } from './kamailio-domains.ts';
import type { KamailioSet } from './kamailio-dispatcher.ts';
import type { Notes } from './report.ts';

export const familyOffsets = { ipv4: 4000, ipv6: 6000 } as const;

export interface KamailioRoute {
  readonly routeSet: number;
  readonly sets: readonly number[];
  /** Only destinations of the request's own family: the sets are split by family. */
  readonly byFamily: boolean;
}

const dsipAttributes = ['pbx_list', 'pbx_type', 'pbx_ip', 'created_by', 'domain_auth', 'description', 'dispatcher_alg_in', 'dispatcher_alg', 'dispatcher_alg_reg', 'dispatcher_reg_alg'];

/** The route of every did that has one. Two dids that give one number different sets: the later one cannot be kept. */
export function readRoutes(attributes: readonly KamailioAttribute[], sets: ReadonlyMap<number, KamailioSet>, warnings: Notes, cannotKeep: Notes): ReadonlyMap<string, KamailioRoute> {
  const byDid = new Map<string, Map<string, KamailioAttribute>>();
  for (const attribute of attributes) {
    const known = byDid.get(attribute.did) ?? new Map<string, KamailioAttribute>();
    byDid.set(attribute.did, known);
    noteUnknown(attribute, cannotKeep);
    const before = known.get(attribute.name);
    if (before !== undefined && before.value !== attribute.value) {
      warnings.add('attribute-twice', attribute.where, `"${attribute.name}" of did "${attribute.did}" is there twice with different values; the first one (${before.where}) counts.`);
    }
    if (before === undefined) known.set(attribute.name, attribute);
  }
  const routes = new Map<string, KamailioRoute>();
  const numbers = new Map<number, KamailioRoute>();
  for (const [did, known] of byDid) {
    const route = routeOf(did, known, sets, warnings, cannotKeep);
    if (route === null) continue;
    const same = numbers.get(route.routeSet);
    if (same !== undefined && same.sets.join() !== route.sets.join()) {
      cannotKeep.add('route-set-collision', `did ${did}`, `Route set ${route.routeSet} would have to use the sets ${same.sets.join(', ')} for one domain id and ${route.sets.join(', ')} for this one.`);
      continue;
    }
    numbers.set(route.routeSet, route);
    routes.set(did, route);
  }
  return routes;
}

function routeOf(did: string, known: ReadonlyMap<string, KamailioAttribute>, sets: ReadonlyMap<number, KamailioSet>, warnings: Notes, cannotKeep: Notes): KamailioRoute | null {
  const routeset = known.get('routeset');
  const direct = known.get('dispatcher_set_id');
  const chosen = routeset ?? direct;
  if (chosen === undefined) return null;
  const number = toNumber(chosen, warnings);
  if (number === null) {
    cannotKeep.add('bad-route', chosen.where, `"${String(chosen.value).slice(0, 40)}" is not a number; "${chosen.name}" must be 0 or more.`);
    return null;
  }
  if (routeset === undefined) return { routeSet: number, sets: [number], byFamily: false };
  if (direct !== undefined) warnings.add('two-conventions', direct.where, `did "${did}" has "routeset" and "dispatcher_set_id"; "routeset" counts.`);
  const present = [familyOffsets.ipv4 + number, familyOffsets.ipv6 + number].filter((id) => sets.has(id));
  return { routeSet: number, sets: present.length > 0 ? present : [familyOffsets.ipv4 + number], byFamily: true };
}

function toNumber(attribute: KamailioAttribute, warnings: Notes): number | null {
  if (typeof attribute.value === 'string') {
    if (!/^[0-9]{1,9}$/.test(attribute.value)) return null;
    warnings.add('number-as-text', attribute.where, `"${attribute.name}" has the type 2 (text); its value is read as the number ${Number(attribute.value)}.`);
  }
  const number = Number(attribute.value);
  return Number.isInteger(number) && number >= 0 && number <= 1_000_000_000 ? number : null;
}

function noteUnknown(attribute: KamailioAttribute, cannotKeep: Notes): void {
  if (attribute.name === 'routeset' || attribute.name === 'dispatcher_set_id') return;
  const whose = dsipAttributes.includes(attribute.name) ? ' of dSIPRouter' : '';
  cannotKeep.add('domain-attribute', attribute.where, `The attribute "${attribute.name.slice(0, 64)}"${whose} of did "${attribute.did.slice(0, 64)}" has no place here.`);
}
