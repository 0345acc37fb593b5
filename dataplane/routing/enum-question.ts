/** Whether a plan has to wait for an answer of ENUM (RFC 6116) before it chooses. */
import type { Recorder } from './recorder.ts';
import type { RoutePlan } from './route-plan.ts';

/** Lets the plan wait for its number; false when that is none (E.164: up to 15 digits, which `+` may precede). */
export function awaitEnum(plan: RoutePlan, recorder: Recorder | null): boolean {
  if (plan.isRegister || !isE164(plan.user)) {
    recorder?.add('enum', 'skipped', `${plan.user === '' ? 'an empty user part' : plan.user} is no E.164 number: ${plan.rule.enumSuffix} is not asked`);
    return false;
  }
  recorder?.add('enum', 'info', `${plan.user} is looked up under ${plan.rule.enumSuffix} first`);
  plan.awaits = plan.user;
  return true;
}

function isE164(user: string): boolean {
  const start = user.charCodeAt(0) === 43 ? 1 : 0;
  const digits = user.length - start;
  if (digits < 1 || digits > 15) return false;
  for (let i = start; i < user.length; i++) {
    const code = user.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return true;
}
