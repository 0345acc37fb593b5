/** What an operator must know of the media of a node. PURE. */
import type { MediaReport } from '../../dataplane/contract/media.ts';
import type { SettingRow } from '../../dataplane/contract/rows.ts';
import type { RaisedAlarm } from './alarms.ts';

/** Used ports above that share are nearly all of them. */
export const nearlyAll = 0.9;
/** A call with one stream takes so many ports: two a side. */
const portsOfCall = 4;

/** @param exhausted what becomes of calls that get no relay: a setting */
export function mediaAlarms(node: { readonly id: string; readonly name: string; readonly media: MediaReport | null }, exhausted: SettingRow['media']['exhausted']): RaisedAlarm[] {
  const { id, name, media } = node;
  if (media === null) return [];
  const outcome = exhausted === 'refuse' ? 'get 503' : 'go on without being relayed';
  return media.engine === 'rtpengine' ? rtpengineAlarms(id, name, media, outcome) : portAlarms(id, name, media, outcome);
}

function portAlarms(id: string, name: string, { portsUsed, portsFree }: MediaReport, outcome: string): RaisedAlarm[] {
  if (portsUsed <= nearlyAll * (portsUsed + portsFree)) return [];
  const grouped = (value: number): string => value.toLocaleString('en');
  return portsFree < portsOfCall
    ? [{ id: `node:${id}:ports:none`, severity: 'error', text: `${name} has no media ports left: new calls that need relaying ${outcome}. Those of SIGNALBOX_RTP are in use, or rest after a call.` }]
    : [{ id: `node:${id}:ports`, severity: 'warning', text: `${name} uses ${grouped(portsUsed)} media ports and has ${grouped(portsFree)} left. When there is none, new calls that need relaying ${outcome}.` }];
}

function rtpengineAlarms(id: string, name: string, { rtpengines }: MediaReport, outcome: string): RaisedAlarm[] {
  if (rtpengines.length === 0) {
    return [{ id: `node:${id}:rtpengines`, severity: 'error', text: `${name} relays media by rtpengine, but the settings name no instance: new calls that need relaying ${outcome}.` }];
  }
  const down = rtpengines.filter(({ state }) => state === 'down');
  const [first] = down;
  if (first !== undefined && down.length === rtpengines.length) {
    const who = down.length === 1 ? `The only rtpengine (${first.address}) does not answer` : `None of the ${down.length} rtpengines answers`;
    return [{ id: `node:${id}:rtpengines`, severity: 'error', text: `${who} ${name}${because(first.reason)}: new calls that need relaying ${outcome}.` }];
  }
  return down.map(({ address, reason }) => ({
    id: `node:${id}:rtpengine:${address}`, severity: 'warning', text: `The rtpengine ${address} does not answer ${name}${because(reason)}. New calls go to the others.`,
  }));
}

const because = (reason: string): string => (reason === '' ? '' : ` (${reason})`);
