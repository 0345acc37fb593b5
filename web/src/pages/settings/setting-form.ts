import type { Setting, SettingBody } from '../../../../controlplane/contract/index.ts';

export interface RtpengineValues {
  address: string;
  weight: number | string;
  enabled: boolean;
}

/** What the settings form edits; paths equal those of the API's body. */
export interface SettingValues extends Record<string, unknown> {
  unknownDomain: string;
  requireToMatch: boolean;
  scanners: string[];
  methods: Setting['methods'];
  tls: Setting['tls'];
  registration: { perSecond: number | string; spreadPercent: number | string };
  keepAlive: { method: Setting['keepAlive']['method']; intervalMs: number | string };
  media: { rtpengines: RtpengineValues[]; idleMs: number | string; exhausted: Setting['media']['exhausted']; latching: Setting['media']['latching'] };
}

export function settingValues(setting: Setting): SettingValues {
  const { unknownDomain, requireToMatch, scanners, methods, tls, registration, keepAlive, media } = setting;
  return {
    unknownDomain: String(unknownDomain), requireToMatch, scanners: [...scanners], methods, tls: { ...tls }, registration: { ...registration }, keepAlive: { ...keepAlive },
    media: { ...media, rtpengines: media.rtpengines.map((engine) => ({ ...engine })) },
  };
}

/** The body of PATCH /settings/global. */
export function settingBody({ unknownDomain, requireToMatch, scanners, methods, tls, registration, keepAlive, media }: SettingValues): SettingBody {
  return {
    unknownDomain: unknownDomain === 'drop' ? 'drop' : unknownDomain === '403' ? 403 : 404,
    requireToMatch,
    scanners,
    methods,
    tls,
    registration: { perSecond: Number(registration.perSecond), spreadPercent: Number(registration.spreadPercent) },
    keepAlive: { method: keepAlive.method, intervalMs: Number(keepAlive.intervalMs) },
    media: {
      rtpengines: media.rtpengines.map(({ address, weight, enabled }) => ({ address: address.trim(), weight: Number(weight), enabled })),
      idleMs: Number(media.idleMs), exhausted: media.exhausted, latching: media.latching,
    },
  };
}
