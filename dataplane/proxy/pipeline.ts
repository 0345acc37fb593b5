/** The request pipeline: named steps in order; the first that does not say `continue` decides (design: request pipeline). */
import type { ProxyContext } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { checkDialogLoop, checkLoop } from './loop.ts';
import { checkMaxBreadth } from './max-breadth.ts';
import { answerKeepAlive, checkMaxForwards, checkMethod, checkProxyRequire, dropScanners } from './steps/hygiene.ts';
import { followDialog, followPreloadedRoute } from './steps/loose-route.ts';
import { routeByTenant } from './steps/route.ts';
import type { Verdict } from './verdict.ts';

export type Step = (ctx: ProxyContext, env: ProxyEnvironment) => Verdict;

/** A request that begins a dialog or stands alone. */
export const initialSteps: readonly Step[] = [
  dropScanners, answerKeepAlive, checkMaxForwards, checkLoop, checkMaxBreadth, checkProxyRequire, followPreloadedRoute, checkMethod, routeByTenant,
];

/** A request with a To tag. */
export const dialogSteps: readonly Step[] = [dropScanners, checkMaxForwards, checkDialogLoop, checkProxyRequire, followDialog];

/** Runs the steps that fit the request. `continue` never comes back: the last step always decides. */
export function runPipeline(ctx: ProxyContext, env: ProxyEnvironment): Verdict {
  const steps = ctx.inDialog ? dialogSteps : initialSteps;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i];
    if (step === undefined) break;
    const verdict = step(ctx, env);
    if (verdict !== 'continue') return verdict;
  }
  return 'drop';
}
