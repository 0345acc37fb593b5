/** Which flows the kernel can forward, by what their addresses and ports say. */
import { isIP } from 'node:net';
import type { RtpRange } from '../../media-setting.ts';
import type { OffloadFlow } from '../offload.ts';
import { isSessionId } from '../passage.ts';
import type { Endpoint, Family } from '../relay.ts';

/** Of no host, of this one, of its link only, or of many: routing forwards nothing to or from these. */
const unroutable = /^(0\.|127\.|169\.254\.|22[4-9]\.|23\d\.|24\d\.|25\d\.|::1?$|::ffff:|fe[89ab]|ff)/;

const isPort = (port: number): boolean => Number.isInteger(port) && port > 0 && port < 65_536;

const isRoutable = (end: Endpoint, family: Family): boolean =>
  isPort(end.port) && isIP(end.address) === family && !end.address.includes('%') && !unroutable.test(end.address);

/**
 * Whether a flow could be forwarded: one family, ends that are routed to, our ports from our range, and an id that an element can bear.
 * What it reads becomes text for nft: nothing else than this gets there.
 */
export function isEligible(flow: OffloadFlow, { first, last }: RtpRange): boolean {
  const { family, caller, callee } = flow;
  const ours = [caller.local.port, callee.local.port];
  return (
    [caller.remote, caller.local, callee.remote, callee.local].every((end) => isRoutable(end, family)) &&
    ours.every((port) => port >= first && port <= last) && ours[0] !== ours[1] &&
    isSessionId(flow.session) && Number.isInteger(flow.stream) && flow.stream >= 0 && flow.stream < 100
  );
}
