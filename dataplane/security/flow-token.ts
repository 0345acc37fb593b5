import type { KeyRing } from './key-ring.ts';
import { openBytes, sealBytes } from './siv.ts';

/** What a Path token of ours says: which flow leads to the phone (RFC 5626 5.2), and whose phone it is. */
export interface FlowIdentity {
  readonly transport: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';
  readonly family: 4 | 6;
  /** 4 or 16 bytes, network order. */
  readonly address: Uint8Array;
  readonly port: number;
  /** 0 = not for calls to the phone, only for the dialog whose Record-Route the token stands in: the other side of a call sees that. */
  readonly tenantId: number;
  /** Number of the listener it came by. */
  readonly listener: number;
  /** Connection of a stream transport, 0 = none; below 2^48. */
  readonly connection: number;
}

const TRANSPORTS = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const;
const CHECK_BYTES = 16;
/** Kind, listener (2), port (2), tenant (4), connection (6). */
const FIXED_BYTES = 15;

/**
 * User part of our Path: `f` and base64url of key id, check value and the sealed flow (siv.ts): the same flow always gives
 * the same token, so a refresh changes nothing, and nobody without the key reads the address or makes a token.
 */
export function sealFlow(ring: KeyRing, flow: FlowIdentity): string {
  const plain = Buffer.alloc(FIXED_BYTES + flow.address.length);
  plain[0] = TRANSPORTS.indexOf(flow.transport) * 16 + flow.family;
  plain.writeUInt16BE(flow.listener & 0xffff, 1);
  plain.writeUInt16BE(flow.port, 3);
  plain.writeInt32BE(flow.tenantId, 5);
  plain.writeUIntBE(flow.connection, 9, 6);
  plain.set(flow.address, FIXED_BYTES);
  return `f${sealBytes(ring, 'flow', CHECK_BYTES, '', plain).toString('base64url')}`;
}

/** Whether a user part has the form of a flow token, ours or a forged one; nobody's name is that long. */
export const looksLikeFlow = (user: string): boolean => user.charCodeAt(0) === 102 && user.length >= 40 && user.length <= 80;

/** The flow in a token of ours; null when it is forged, damaged, of a key no longer in force, or no flow token. */
export function openFlow(ring: KeyRing, token: string): FlowIdentity | null {
  if (!looksLikeFlow(token)) return null;
  const bytes = Buffer.from(token.slice(1), 'base64url');
  const addressBytes = bytes.length - 1 - CHECK_BYTES - FIXED_BYTES;
  if (addressBytes !== 4 && addressBytes !== 16) return null;
  const plain = openBytes(ring, 'flow', CHECK_BYTES, '', bytes);
  if (plain === null) return null;
  const kind = plain[0] ?? 0;
  const transport = TRANSPORTS[kind >> 4];
  const family = kind & 15;
  if (transport === undefined || (family !== 4 && family !== 6)) return null;
  return {
    transport, family,
    listener: plain.readUInt16BE(1),
    port: plain.readUInt16BE(3),
    tenantId: plain.readInt32BE(5),
    connection: plain.readUIntBE(9, 6),
    address: new Uint8Array(plain.subarray(FIXED_BYTES)),
  };
}
