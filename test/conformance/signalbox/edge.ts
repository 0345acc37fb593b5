/** Signalbox as the edge under test: the real data plane in a process of its own. */
import { readFileSync } from 'node:fs';
import type { Algorithm } from '../../../dataplane/contract/algorithms.ts';
import { defaultSetting } from '../../../dataplane/contract/rows.ts';
import { Rig, type Plan } from '../../integration/dataplane/rig.ts';
import type { Edge, EdgePlan } from '../edge.ts';

const planOf = (plan: EdgePlan): Plan => ({
  key: `r${plan.number}`,
  domains: plan.domains,
  destinations: plan.destinations,
  failover: { frMs: plan.frMs, frInviteMs: plan.frInviteMs },
  trunk: plan.trunk,
  policies: { topologyHiding: plan.topologyHiding },
  set: {
    algorithm: plan.algorithm as Algorithm,
    probing: { mode: plan.probing ? 'always' : 'never', intervalMs: 1_000, timeoutMs: 500, downAfter: 1, upAfter: 1, codes: [200], from: '', useUnknown: !plan.probing },
  },
});

/** Starts it with unknown domains answered 404, so that every refusal can be seen. */
export async function startSignalbox(plans: readonly EdgePlan[]): Promise<Edge> {
  const rig = await Rig.start(plans.map(planOf), {
    listen: 'udp:127.0.0.1:PORT,tcp:127.0.0.1:PORT,udp:[::1]:PORT,tcp:[::1]:PORT',
    setting: { ...defaultSetting, unknownDomain: 404 },
  });
  const { pid } = rig.process;
  return {
    name: 'signalbox',
    ownName: 'edge.example',
    addressFor: (transport, host) => rig.addressFor(transport, host),
    get running() {
      return rig.process.running;
    },
    residentBytes: () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024,
    stop: () => rig.stop(),
  };
}
