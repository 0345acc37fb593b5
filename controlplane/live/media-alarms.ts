/** What an operator must know of the media of a node. PURE. */
import type { MediaReport } from '../../dataplane/contract/media.ts';
import type { SettingRow } from '../../dataplane/contract/rows.ts';
import type { RaisedAlarm } from './alarms.ts';

/** Used ports above that share are nearly all of them. */
export const nearlyAll = 0.9;
/** A call with one stream takes so many ports: two a side. */
const portsOfCall = 4;

/** What of the settings says how serious it is. */
export type MediaSetting = Pick<SettingRow['media'], 'exhausted' | 'rtpengines'>;

export function mediaAlarms(node: { readonly id: string; readonly name: string; readonly media: MediaReport | null }, setting: MediaSetting): RaisedAlarm[] {
  const { id, name, media } = node;
  if (media === null) return [];
  const outcome = setting.exhausted === 'refuse' ? 'get 503' : 'go on without being relayed';
  return media.engine === 'rtpengine' ? rtpengineAlarms(id, name, media, setting.rtpengines, outcome) : portAlarms(id, name, media, outcome);
}

function portAlarms(id: string, name: string, { portsUsed, portsFree }: MediaReport, outcome: string): RaisedAlarm[] {
  if (portsUsed <= nearlyAll * (portsUsed + portsFree)) return [];
  const grouped = (value: number): string => value.toLocaleString('en');
  return portsFree < portsOfCall
    ? [{ id: `node:${id}:ports:none`, severity: 'error', text: `${name} has no media ports left: new calls that need relaying ${outcome}. SIGNALBOX_RTP says how many there are.` }]
    : [{ id: `node:${id}:ports`, severity: 'warning', text: `${name} uses ${grouped(portsUsed)} media ports and has ${grouped(portsFree)} left. When there is none, new calls that need relaying ${outcome}.` }];
}

/** @param wanted those of the settings: a node also tells of others while they have calls */
function rtpengineAlarms(id: string, name: string, { rtpengines }: MediaReport, wanted: MediaSetting['rtpengines'], outcome: string): RaisedAlarm[] {
  const enabled = new Set(wanted.flatMap((instance) => (instance.enabled ? [instance.address] : [])));
  if (enabled.size === 0) {
    return [{ id: `node:${id}:rtpengines`, severity: 'error', text: `${name} relays media by rtpengine, but the settings have no instance that is enabled: new calls that need relaying ${outcome}.` }];
  }
  const usable = rtpengines.filter(({ address }) => enabled.has(address));
  const down = usable.filter(({ state }) => state === 'down');
  const [first] = down;
  if (first !== undefined && down.length === usable.length) {
    const who = down.length === 1 ? `The only rtpengine (${first.address}) does not answer` : `None of the ${down.length} rtpengines answers`;
    return [{ id: `node:${id}:rtpengines`, severity: 'error', text: `${who} ${name}${because(first.reason)}: new calls that need relaying ${outcome}.` }];
  }
  return down.map(({ address, reason }) => ({
    id: `node:${id}:rtpengine:${address}`, severity: 'warning', text: `The rtpengine ${address} does not answer ${name}${because(reason)}. New calls go to the others.`,
  }));
}

const because = (reason: string): string => (reason === '' ? '' : ` (${reason})`);
