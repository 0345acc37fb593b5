/** The media of a node in words. */
import type { MediaEngineName, NodeMedia } from '../../../../controlplane/contract/index.ts';
import type { Tone } from '../../components/tone.ts';
import { count, percent } from '../../lib/figures.ts';

/** Where the control plane raises its alarms, too: share of the ports in use, and fewer free ones than a call takes. */
const nearlyAll = 0.9;
const portsOfCall = 4;

export const engineText: Readonly<Record<MediaEngineName, string>> = {
  kernel: 'kernel: nftables moves the packets',
  worker: 'worker: threads of the node move the packets',
  rtpengine: 'rtpengine: other programs move the packets',
};

/** One word for the table: what is wrong, else the engine. */
export function mediaState({ engine, portsUsed, portsFree, rtpengines }: NodeMedia): { readonly tone: Tone; readonly word: string } {
  if (engine === 'rtpengine') {
    const down = rtpengines.filter(({ state }) => state === 'down').length;
    if (rtpengines.length === 0) return { tone: 'down', word: 'no rtpengine' };
    return { tone: down === 0 ? 'up' : down < rtpengines.length ? 'probing' : 'down', word: down === 0 ? engine : `${rtpengines.length - down} of ${rtpengines.length} rtpengines` };
  }
  const total = portsUsed + portsFree;
  if (portsUsed <= nearlyAll * total) return { tone: 'up', word: engine };
  return portsFree < portsOfCall ? { tone: 'down', word: 'no ports left' } : { tone: 'probing', word: `${percent(portsUsed / total)} of ports` };
}

/** "120 in use (40 by unproven callers), 9,880 free (64 resting)". */
export const portsText = ({ portsUsed, portsFree, portsResting, portsUnproven }: NodeMedia): string =>
  `${count(portsUsed)} in use${portsUnproven === 0 ? '' : ` (${count(portsUnproven)} by unproven callers)`}, ${count(portsFree)} free${portsResting === 0 ? '' : ` (${count(portsResting)} resting)`}`;
