/** WebRTC passes through: ICE checks, DTLS and SRTP cross the edge byte for byte, by one port, and only our candidates are shown. */
import { describe, expect, it } from 'vitest';
import { hangUp, type MediaPeer } from '../../harness/media-peer.ts';
import type { SdpPlan } from '../../harness/sdp-text.ts';
import { sharedLab } from '../../harness/shared-lab.ts';
import { expectAudio } from './heard.ts';
import { MediaLab } from './lab.ts';

/** What a browser says beside its address. */
const webLines = (name: string, host: string, port: number): Partial<SdpPlan> => ({
  protocol: 'UDP/TLS/RTP/SAVPF', formats: '8 101', session: ['a=group:BUNDLE 0', 'a=msid-semantic: WMS *'],
  lines: [
    'a=mid:0', `a=ice-ufrag:${name}`, `a=ice-pwd:${name}-password-of-22-characters`, 'a=ice-options:trickle', 'a=fingerprint:sha-256 ' + 'AB:'.repeat(31) + name.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0'),
    `a=setup:${name === 'phone' ? 'actpass' : 'active'}`, `a=candidate:1 1 udp 2113937151 ${host} ${port} typ host`, `a=candidate:2 1 udp 1677729535 203.0.113.7 ${port} typ srflx raddr ${host} rport ${port}`, 'a=end-of-candidates',
  ],
});

let lab: MediaLab;
sharedLab(() => MediaLab.start({ engine: 'worker' }), (started) => {
  lab = started;
});

async function call(): Promise<readonly [MediaPeer, MediaPeer]> {
  const phone = await lab.phone({ media: { mux: true } });
  const pbx = await lab.pbx('v4', 0, { mux: true });
  phone.says = webLines('phone', phone.media.host, phone.media.port);
  pbx.says = webLines('pbx', pbx.media.host, pbx.media.port);
  const connected = await lab.connect(phone, pbx);
  for (const [sdp, name, to] of [[connected.offer, 'phone', pbx], [connected.answer, 'pbx', phone]] as const) {
    const { attributes = [], protocol, port } = sdp?.media[0] ?? {};
    // Keys and ICE credentials are between the ends.
    expect(protocol).toBe('UDP/TLS/RTP/SAVPF');
    expect(attributes).toEqual(expect.arrayContaining(['mid:0', 'rtcp-mux', `ice-ufrag:${name}`, `ice-pwd:${name}-password-of-22-characters`, expect.stringContaining('fingerprint:sha-256 AB:AB')]));
    expect(sdp?.text).toContain('a=group:BUNDLE 0');
    const candidates = attributes.filter((line) => line.startsWith('candidate:')).map((line) => line.split(' ').slice(4, 6).join(':'));
    expect(candidates.length, sdp?.text).toBeGreaterThan(0);
    expect([...new Set(candidates)], `candidates for ${to === pbx ? 'the PBX' : 'the phone'}\n${sdp?.text}`).toEqual([`127.0.0.1:${port}`]);
  }
  return [phone, pbx];
}

describe('a call of a phone in a browser', () => {
  it('has its ICE checks, DTLS, SRTP and RTCP cross both ways unchanged', async () => {
    const [phone, pbx] = await call();
    for (const [from, to, way] of [[phone, pbx, 'phone to PBX'], [pbx, phone, 'PBX to phone']] as const) {
      for (let round = 0; round < 3; round++) await to.media.gets(from.media.sendStun(), `an ICE check from ${way}`);
      await to.media.gets(from.media.sendDtls(), `DTLS from ${way}`);
    }
    await expectAudio(phone, pbx);
    for (const [from, to] of [[phone, pbx], [pbx, phone]] as const) {
      await to.media.gets(from.media.sendRtcp(), 'SRTCP');
      await to.media.gets(from.media.sendStun(), 'consent checks in the call');
    }
    await hangUp(phone, pbx);
    await lab.idle();
  });

  it('hears no ICE check of a stranger', async () => {
    const [phone, pbx] = await call();
    await expectAudio(phone, pbx);
    const stranger = await lab.stranger();
    stranger.to = phone.media.to;
    const check = stranger.sendStun();
    await expectAudio(phone, pbx);
    expect(pbx.media.heard.some(({ data }) => data.equals(check)), pbx.media.account()).toBe(false);
    expect(stranger.heard.length, `bleed: ${stranger.account()}`).toBe(0);
    await hangUp(phone, pbx);
    await lab.idle();
  });
});
