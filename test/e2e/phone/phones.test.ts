/** Two makes of real phones (baresip, linphonec) call each other through the edge and a registrar, in every pair of transports. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { Baresip } from '../../harness/baresip.ts';
import { until } from '../../harness/deadline.ts';
import { Installation } from '../../harness/installation.ts';
import { Kamailio } from '../../harness/kamailio.ts';
import { Linphone } from '../../harness/linphone.ts';
import { freePort } from '../../harness/ports.ts';
import { putTenant, untilHealth } from '../../harness/tenant.ts';

const domain = 'phones.example';
const transports = ['udp', 'tcp', 'tls'] as const;
type Transport = (typeof transports)[number];

/** What a phone's own log says of calls. */
interface Phone {
  readonly aor: string;
  dial(uri: string): Promise<void>;
  hangUp(): Promise<void>;
  /** Calls that were established, and that ended, so far. */
  established(): number;
  ended(): number;
  log(): string;
}

let site: Installation;
const phones = new Map<string, Phone>();

const matching = (log: readonly string[], pattern: RegExp): number => log.filter((line) => pattern.test(line)).length;

async function baresip(transport: Transport, outbound: string): Promise<Phone> {
  const aor = `sip:baresip-${transport}@${domain}`;
  const phone = site.with(await Baresip.start({ aor, outbound, transport }));
  await phone.registered();
  const { process } = phone;
  return {
    aor,
    dial: (uri) => phone.command('dial', uri),
    hangUp: () => phone.command('hangup'),
    established: () => matching(process.log, /Call established/),
    // It says "session closed" of calls that the other end hung up only.
    ended: () => matching(process.log, /session closed|call: terminate call/),
    log: () => process.tail(),
  };
}

async function linphone(transport: Transport, outbound: string): Promise<Phone> {
  const aor = `sip:linphone-${transport}@${domain}`;
  const phone = site.with(await Linphone.start({ aor, outbound, transport }));
  await phone.registered();
  const { process } = phone;
  return {
    aor,
    dial: (uri) => Promise.resolve(phone.dial(uri)),
    hangUp: () => Promise.resolve(phone.hangUp()),
    established: () => matching(process.log, /Call \d+ with .* connected/i),
    ended: () => matching(process.log, /Call \d+ with .* ended/i),
    log: () => process.tail(),
  };
}

beforeAll(async () => {
  const tls = await freePort();
  site = await Installation.start({ edge: { listen: `udp:127.0.0.1:PORT,tcp:127.0.0.1:PORT,tls:127.0.0.1:${tls}` } });
  const registrar = site.with(await Kamailio.start('test/e2e/phone/registrar.cfg'));
  await putTenant(site.api, { key: 'phones', domain, routeSet: 1, set: 1, destinations: [{ uri: registrar.uri }] });
  await untilHealth(site.api, 1);
  const outbound = (transport: Transport): string => (transport === 'tls' ? `127.0.0.1:${tls}` : site.edge.address);
  for (const transport of transports) {
    phones.set(`baresip ${transport}`, await baresip(transport, outbound(transport)));
    phones.set(`linphone ${transport}`, await linphone(transport, outbound(transport)));
  }
}, 120_000);
afterAll(() => site?.stop(), 60_000);

const pairs = transports.flatMap((from) => transports.flatMap((to) => [[`baresip ${from}`, `linphone ${to}`], [`linphone ${from}`, `baresip ${to}`]] as const));

describe('a call', () => {
  it.each(pairs)('from %s to %s is answered and hung up', async (from, to) => {
    const [caller, callee] = [phones.get(from), phones.get(to)];
    if (caller === undefined || callee === undefined) throw new Error('a phone did not register');
    const before = { caller: [caller.established(), caller.ended()], callee: [callee.established(), callee.ended()] };
    const grown = (phone: Phone, [established = 0, ended = 0]: number[], what: 'established' | 'ended'): boolean =>
      what === 'established' ? phone.established() > established : phone.ended() > ended;
    const both = async (what: 'established' | 'ended'): Promise<void> => {
      try {
        await until(`${from} to ${to}: ${what} at both ends`, 15_000, () => grown(caller, before.caller, what) && grown(callee, before.callee, what));
      } catch (error) {
        throw new Error(`${error instanceof Error ? error.message : ''}\n${caller.log()}\n---\n${callee.log()}`, { cause: error });
      }
    };
    await caller.dial(callee.aor);
    await both('established');
    await caller.hangUp();
    await both('ended');
  }, 40_000);
});
