/** An installation that relays media in worker threads by few ports, with two phones behind a tenant: for tests of what is shown of calls. */
import type { Api } from './api.ts';
import { Installation } from './installation.ts';
import { MediaPeer, type MediaPeerOptions } from './media-peer.ts';
import { freePortPairs } from './ports.ts';

/** The smallest range that a node takes: sixteen calls with one stream. */
export const fewPorts = 64;

export async function relayingInstallation(): Promise<Installation> {
  const first = await freePortPairs(fewPorts / 2);
  return Installation.start({ edge: { name: 'ams-1', env: { SIGNALBOX_MEDIA: 'worker', SIGNALBOX_MEDIA_THREADS: '1', SIGNALBOX_RTP: `${first}-${first + fewPorts - 1}` } } });
}

/** A phone with audio at the edge of an installation; it closes with it. */
export async function phoneOf(installation: Installation, options: MediaPeerOptions = {}): Promise<MediaPeer> {
  const { edge } = installation;
  return installation.with(await MediaPeer.open({ addressFor: () => ({ host: edge.host, port: edge.port }) }, options));
}

/** Calls to the domain go to the callee, and the tenant has the media policy. @returns the URI to call */
export async function relayTo(api: Api, callee: MediaPeer, key: string, media: 'relay' | 'direct' | 'auto' = 'relay'): Promise<string> {
  await api.put(`/tenants/${key}`, { policies: { media } });
  const set = await api.post<{ readonly id: number }>('/dispatcher-sets', { tenant: key, probing: { mode: 'never' }, destinations: [{ uri: callee.sip.uri }] });
  const routes = await api.post<{ readonly number: number }>('/route-sets', { tenant: key, rules: [{ match: { type: 'any' }, sets: [set.id] }] });
  await api.put(`/domains/${key}.example?wait=applied`, { tenant: key, routeSet: routes.number });
  return `sip:1001@${key}.example`;
}
