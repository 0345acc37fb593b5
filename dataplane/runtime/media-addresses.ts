/** Which addresses media uses: those that SIP listens on and shows, so that nothing is opened beyond them. PURE. */
import { familyOf, isWildcard } from '../contract/address.ts';
import type { ListenSetting } from '../listen-setting.ts';
import type { ByFamily } from '../media/relay.ts';
import type { InterfaceAddress } from '../proxy/identity.ts';

/** What media sockets bind to: the one address that all listeners of the family have, else all addresses; nothing where nobody listens. */
export function mediaBind(listen: readonly ListenSetting[]): ByFamily {
  const bind = (family: 4 | 6, wildcard: string): string => {
    const [first = '', ...others] = new Set(listen.filter((one) => one.family === family).map(({ address }) => address));
    return first !== '' && others.length > 0 ? wildcard : first;
  };
  return { v4: bind(4, '0.0.0.0'), v6: bind(6, '::') };
}

/** What an SDP shows to a side that SIP reaches by the other family: what is advertised, bound, or the first address that others can reach. */
export function mediaAddresses(listen: readonly ListenSetting[], interfaces: readonly InterfaceAddress[]): ByFamily {
  const address = (family: 4 | 6): string => {
    const own = listen.filter((one) => one.family === family);
    if (own.length === 0) return '';
    const shown = own.find(({ advertisedHost }) => familyOf(advertisedHost) === family)?.advertisedHost ?? own.find((one) => !isWildcard(one.address))?.address;
    const usable = interfaces.filter((one) => one.family === family && !one.address.startsWith('fe80'));
    return shown ?? (usable.find(({ loopback }) => !loopback) ?? usable[0])?.address ?? '';
  };
  return { v4: address(4), v6: address(6) };
}
