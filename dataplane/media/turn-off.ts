/** An SDP that no engine has taken, as its receiver gets it where media must not go past us. */
import { Edits } from '../sip/edits.ts';
import { scanSdp } from '../sip/sdp.ts';
import { editSdp, type OwnAddress } from './sdp-edit.ts';
import { isRelayed } from './transports.ts';

const edits = new Edits();

/**
 * Turns off every stream that would be relayed (port 0, RFC 3264 §5.1 and §6).
 * @param hide our address for o= and c=; null = they show what they show
 * @returns null = it cannot be read
 */
export function turnOff(text: string, hide: OwnAddress | null): string | null {
  const sdp = scanSdp(text);
  if (sdp === null) return null;
  edits.clear();
  for (const media of sdp.media) if (isRelayed(sdp, media)) edits.replace(media.portStart, media.portEnd, '0');
  const off = scanSdp(edits.apply(text));
  return off === null ? null : editSdp(off, off.media.map(() => null), hide);
}
