/** What "explain" says is what calls do: the same requests, to the proxy and to an explanation. */
import { expect, it } from 'vitest';
import type { SettingRow } from '../../../dataplane/contract/rows.ts';
import { explain, routeQueryOf } from '../../../dataplane/routing/explain.ts';
import { parseSipUri } from '../../../dataplane/sip/uri.ts';
import { Edge, request, world } from './edge.ts';

/** Status of the proxy's answer, 'relay' or 'silence'. */
function done(edge: Edge, method: string, uri: string): number | string {
  edge.receive(request(method, { uri }), '198.51.100.7', 5060);
  const [sent] = edge.take();
  return sent === undefined ? 'silence' : sent.message.isRequest ? 'relay' : sent.message.status;
}

function explained(edge: Edge, method: string, uri: string): number | string {
  const { env } = edge;
  const query = routeQueryOf({ method, uri, source: 'udp:198.51.100.7:5060', from: 'sip:alice@acme.example', timeMs: env.wallClock.now() });
  if (!query.ok) throw new Error(query.error.message);
  const met = { uri: parseSipUri(uri), draining: env.draining, answersOptions: env.answersOptions, means: (one: Parameters<typeof env.identity.means>[0]) => env.identity.means(one) };
  const { decision } = explain(env.view, env.health, query.value, env.turns, met);
  if (decision.kind === 'answer') return decision.status === 0 ? 'silence' : decision.status;
  return decision.kind === 'route' ? 'relay' : decision.refuse === 'unknown-domain' ? 'silence' : decision.refuse;
}

const methods: readonly SettingRow['methods'][] = ['any', 'iana', 'strict'];
const states = methods.flatMap((accepted) => [false, true].flatMap((draining) => [false, true].map((answersOptions) => ({ accepted, draining, answersOptions }))));

it.each(states)('explain says what calls do: %o', ({ accepted, draining, answersOptions }) => {
  for (const method of ['INVITE', 'OPTIONS', 'MESSAGE', 'WEIRD']) {
    for (const uri of ['sip:1001@acme.example', 'sip:acme.example', 'sip:1001@acme.example?Subject=x', 'sip:192.0.2.1', 'sip:edge.example', 'sip:1001@192.0.2.1', 'sip:192.0.2.1?a=b', 'sip:x@nowhere.example']) {
      const edge = new Edge(world({ setting: { methods: accepted } }));
      edge.env.draining = draining;
      edge.env.answersOptions = answersOptions;
      expect(`${method} ${uri}: ${explained(edge, method, uri)}`).toBe(`${method} ${uri}: ${done(edge, method, uri)}`);
    }
  }
});
