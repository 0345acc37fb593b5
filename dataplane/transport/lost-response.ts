/**
 * The last way for a response whose connection is gone (RFC 3261 §18.2.2): when the port that the Via names or implies takes
 * no connection, DNS says where the servers of its host are (RFC 3263 §5). Only a server at the address that the request came
 * from is taken: with a Via of his own making anybody could have us connect anywhere.
 */
import { familyOf } from '../contract/address.ts';
import { isHostName } from '../contract/target.ts';
import type { Via } from '../sip/via.ts';
import { Address, isWebSocket, type Flow, type MessageSender, type SendOwner, type Target } from './flow.ts';
import type { Locator } from './locate.ts';

/** The host that DNS can be asked for should a response not get through; '' = there is none: no connection, a port, or an address in the Via. */
export function rescuingHost(via: Via, flow: Flow): string {
  if (flow.connection === 0 || via.port !== 0 || isWebSocket(flow.transport)) return '';
  const { host } = via;
  return isHostName(host) && familyOf(host) === 0 ? host : '';
}

export class LostResponse implements SendOwner {
  readonly awaiting = false;
  readonly #locator: Locator;
  readonly #sender: MessageSender;
  readonly #target: Target;
  readonly #host: string;
  readonly #text: string;

  /**
   * @param target where the response is being sent
   * @param host from `rescuingHost`
   */
  constructor(locator: Locator, sender: MessageSender, target: Target, host: string, text: string) {
    this.#locator = locator;
    this.#sender = sender;
    this.#target = target;
    this.#host = host;
    this.#text = text;
  }

  sendFailed(): void {
    const { transport, family, address, port, listener } = this.#target;
    this.#locator.locate(this.#host, 0, transport, false, family, '', (places) => {
      const place = places.find((one) => one.transport === transport && one.address === address && one.port !== port);
      if (place !== undefined) this.#sender.send(new Address(transport, family, address, place.port, listener, 0, place.serverName), this.#text, null);
    });
  }
}
