/**
 * Call flows over a bad network, each between a caller and a backend that retransmit as RFC 3261 says. What the RFCs cannot save
 * is not asked for: an unreliable provisional that is lost (a 180 has no retransmission), and a request or final answer of which
 * every copy within its 32 s is lost. All else must arrive: the INVITE (timer A), its 2xx (repeated by the callee until the
 * ACK), its failure (timer G of the edge and of the callee), the ACK (sent again for every 2xx), CANCEL, BYE and the like
 * (timer E), reliable provisionals (RFC 3262) and each of their answers.
 */
import { until } from '../../harness/deadline.ts';
import type { Endpoint } from '../../harness/sip-wires.ts';
import type { Call, Uac } from '../../harness/uac.ts';
import type { Uas } from '../../harness/uas.ts';

export interface Ends {
  readonly uac: Uac;
  readonly edge: Endpoint;
  /** Answers at once. */
  readonly answering: Uas;
  /** Rings and never answers. */
  readonly ringing: Uas;
  /** Rings reliably, then answers. */
  readonly reliable: Uas;
}

export interface Domains {
  readonly answering: string;
  readonly ringing: string;
  readonly reliable: string;
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

async function answered({ uac, edge }: Ends, domain: string, headers: readonly string[] = []): Promise<Call> {
  const call = uac.invite({ uri: `sip:1001@${domain}`, via: edge, headers });
  const final = await call.final;
  must(final.status === 200, `INVITE: ${final.startLine}`);
  await call.ack();
  return call;
}

/** Each flow throws where something was lost for good. */
export const flows: Readonly<Record<string, (ends: Ends, domains: Domains) => Promise<void>>> = {
  'INVITE, BYE of the caller': async (ends, { answering }) => {
    const call = await answered(ends, answering);
    await until('the ACK at the backend', 32_000, () => ends.answering.calls.get(call.callId)?.acked === true);
    must((await call.bye()).status === 200, 'BYE');
  },
  'INVITE, BYE of the callee': async (ends, { answering }) => {
    const call = await answered(ends, answering);
    const { counts } = ends.uac.answer(call);
    must((await ends.answering.bye(call.callId, 32_000)) === 200, 'BYE of the callee');
    must(counts['BYE'] === 1, 'one BYE');
  },
  'CANCEL while it rings': async (ends, { ringing }) => {
    const call = ends.uac.invite({ uri: `sip:1001@${ringing}`, via: ends.edge });
    await until('any provisional', 32_000, () => call.provisionals.length > 0);
    const cancelled = await call.cancel();
    must(cancelled.status === 200, `CANCEL: ${cancelled.startLine}`);
    const final = await call.final;
    must(final.status === 487, `cancelled INVITE: ${final.startLine}`);
  },
  're-INVITE of both sides': async (ends, { answering }) => {
    const call = await answered(ends, answering);
    const { counts } = ends.uac.answer(call);
    must((await call.inDialog('INVITE')).status === 200, 're-INVITE');
    await call.ack();
    must((await ends.answering.inDialog(call.callId, 'INVITE')) === 200, 're-INVITE of the callee');
    must(counts['INVITE'] === 1, 'one re-INVITE of the callee');
    must((await call.bye()).status === 200, 'BYE');
  },
  'PRACK and UPDATE': async (ends, { reliable }) => {
    const call = await answered(ends, reliable, ['Supported: 100rel']);
    must(call.pracks.size === 2, `${call.pracks.size} reliable provisionals`);
    for (const prack of call.pracks.values()) must((await prack).status === 200, 'PRACK');
    must((await call.inDialog('UPDATE')).status === 200, 'UPDATE');
    must((await call.bye()).status === 200, 'BYE');
  },
  REGISTER: async ({ uac, edge }, { answering }) => {
    const answer = await uac.plain('REGISTER', { uri: `sip:${answering}`, via: edge });
    must(answer.status === 200, `REGISTER: ${answer.startLine}`);
  },
  MESSAGE: async ({ uac, edge }, { answering }) => {
    const answer = await uac.plain('MESSAGE', { uri: `sip:1001@${answering}`, via: edge, body: 'hello', headers: ['Content-Type: text/plain'] });
    must(answer.status === 200, `MESSAGE: ${answer.startLine}`);
  },
};
