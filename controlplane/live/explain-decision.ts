/** Routing's decision in the words of the API. PURE. */
import type { SettingRow } from '../../dataplane/contract/rows.ts';
import type { Decision } from '../../dataplane/routing/explain.ts';
import type { ExplainAnswer } from '../contract/explain.ts';

export function decisionOf(decision: Decision, setting: SettingRow): ExplainAnswer['decision'] {
  if (decision.kind === 'route') {
    const [first] = decision.destinations;
    return {
      action: 'forward', tenant: decision.tenant, routeSet: decision.routeSet, rule: decision.rule, user: decision.user, host: decision.host,
      ...(decision.number === null ? {} : { number: decision.number }), ...(decision.alias === null ? {} : { alias: decision.alias }),
      ...(decision.enumSuffix === '' ? {} : { enumSuffix: decision.enumSuffix }),
      ...(decision.domain === null ? {} : { domain: decision.domain }), ...(decision.trunk === null ? {} : { trunk: decision.trunk }),
      ...(first === undefined ? {} : { destination: first.id, set: first.set, uri: first.uri }),
    };
  }
  if (decision.kind === 'answer') return decision.status === 0 ? { action: 'drop', reason: decision.detail } : { action: 'reply', status: decision.status, reason: decision.detail };
  const { refuse, detail } = decision;
  switch (refuse) {
    case 'unknown-domain': return setting.unknownDomain === 'drop' ? { action: 'drop', reason: detail } : { action: 'reply', status: setting.unknownDomain, reason: detail };
    case 'to-mismatch': return { action: 'drop', reason: detail };
    case 'no-number': case 'no-route-set': case 'no-rule': return { action: 'reply', status: 404, reason: detail };
    case 'not-secure': return { action: 'reply', status: 480, reason: detail };
    case 'no-destination': return { action: 'reply', status: 503, reason: detail };
  }
}
