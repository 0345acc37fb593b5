/** What a request's context knows of the media of its call: whose sessions, in which direction, what has become of its SDP. */
import type { MediaDoor } from '../media/door.ts';
import type { Latching } from '../media/passage.ts';
import type { TenantRow } from '../contract/rows.ts';
import type { SipMessage } from '../sip/message.ts';
import type { ClientTransaction } from '../transaction/client.ts';
import type { Family } from '../transport/flow.ts';
import type { Branch } from './branch.ts';
import type { ProxyEnvironment } from './environment.ts';

/** A response on its way up, behind which others wait. */
export interface HeldResponse {
  response: SipMessage;
  readonly tx: ClientTransaction;
  /** Its SDP has come back, or it has none. */
  ready: boolean;
}

/** The request's SDP as some targets get it. */
interface Edited {
  readonly family: Family;
  readonly own: string;
  readonly sdp: string;
}

/** What all messages of a call have in common. */
export interface MediaTerms {
  readonly tenant: number;
  readonly latching: Latching;
  readonly hideOrigin: boolean;
}

/** @param tenant null = it is gone, its calls go on by what holds for everybody */
export const mediaTerms = ({ view }: ProxyEnvironment, tenant: TenantRow | null, id: number): MediaTerms => {
  const latching = tenant?.policies.latching ?? 'default';
  return { tenant: id, latching: latching === 'default' ? view.setting.media.latching : latching, hideOrigin: tenant?.policies.topologyHiding === true };
};

/**
 * Whether a final response says that nobody behind it will send media: its callee has refused. What proxies say of their own,
 * for somebody who may have picked up in the same moment, proves nothing: 408, 487 and 5xx (RFC 3261 §16.7, §16.8).
 */
const isRefusal = (status: number): boolean => (status >= 300 && status < 500 && status !== 408 && status !== 487) || status >= 600;

/** Responses of one request that wait; what comes beyond is sent again by its sender. */
export const maxHeldResponses = 64;

export class CallMedia {
  /** One, or in the order of the way of this request two: of a dialog that comes by twice and whose Routes of ours follow each other. */
  readonly sessions: readonly string[];
  readonly terms: MediaTerms;
  /** The request comes from the side that sent the INVITE. */
  readonly fromCaller: boolean;
  readonly callerTag: string;
  /** '' = the request begins the dialog. */
  readonly calleeTag: string;
  /** The media is relayed; with policy `auto` that depends on where the request goes. */
  active: boolean;
  /** The request carries an SDP: what comes back answers it. */
  offered = false;
  /** It carries none, and an SDP that came back has been taken for its offer: what comes after it begins no session. */
  begun = false;
  /** A callee has accepted: the session outlives the INVITE. */
  answered = false;
  /** Whoever got the INVITE so far has refused it itself, and sends nothing for it any more. */
  #declined = true;
  readonly held: HeldResponse[] = [];
  /** Takes a branch that waited for its SDP and could not be sent then. */
  unsent: (env: ProxyEnvironment, branch: Branch) => void = () => undefined;
  /** What targets get for the request's SDP, by family and the address of ours that they see; no more than tries. */
  readonly #edited: Edited[] = [];

  constructor(sessions: readonly string[], terms: MediaTerms, fromCaller: boolean, callerTag: string, calleeTag: string, active: boolean) {
    this.sessions = sessions;
    this.terms = terms;
    this.fromCaller = fromCaller;
    this.callerTag = callerTag;
    this.calleeTag = calleeTag;
    this.active = active;
  }

  /** The session that our Record-Route names, '' = none. */
  get recorded(): string {
    return this.active ? (this.sessions[0] ?? '') : '';
  }

  /**
   * The INVITE has failed, or the dialog with this callee is over: the sessions are not needed for it any more.
   * @param pending somebody who got the INVITE has not answered it
   */
  end(door: MediaDoor, pending = false): void {
    const declined = this.calleeTag === '' && this.#declined && !pending;
    for (const session of this.sessions) door.end(session, this.calleeTag, declined);
  }

  /**
   * A branch of the INVITE has failed.
   * @param status final response; 0 = none came, so the callee may accept yet, and send
   */
  missed(status: number): void {
    if (!isRefusal(status)) this.#declined = false;
  }

  /** The request has failed within its dialog: an offer in it is not taken. */
  rejected(door: MediaDoor): void {
    for (const session of this.sessions) door.rejected(session, this.calleeTag, this.fromCaller);
  }

  /** Somebody has got its SDP with ports of ours. */
  get sent(): boolean {
    return this.#edited.length > 0;
  }

  /** @returns null = not known yet */
  sdpFor(family: Family, own: string): string | null {
    return this.#edited.find((one) => one.family === family && one.own === own)?.sdp ?? null;
  }

  keep(family: Family, own: string, sdp: string): void {
    this.#edited.push({ family, own, sdp });
  }

  /** Lets go of what only another try would need. */
  release(): void {
    this.#edited.length = 0;
  }
}
