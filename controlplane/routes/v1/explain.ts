/** "Why did this call go there?": the data plane's own routing over the mirrored configuration and a node's live health. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import type { HealthReader } from '../../../dataplane/routing/health-reader.ts';
import { canonicalAddress } from '../../../dataplane/contract/address.ts';
import { noHealth } from '../../../dataplane/routing/health-reader.ts';
import { explain, noCircumstances, routeQueryOf } from '../../../dataplane/routing/explain.ts';
import type { Circumstances, ExplainRequest } from '../../../dataplane/routing/explain.ts';
import type { ConfigView } from '../../../dataplane/routing/view.ts';
import { parseSipUri } from '../../../dataplane/sip/uri.ts';
import { tooMany } from '../../auth/authenticator.ts';
import { RateLimiter } from '../../auth/rate-limit.ts';
import { reportRules } from '../../../dataplane/routing/rule-findings.ts';
import { ExplainAnswer, ExplainBody, RuleFindings } from '../../contract/explain.ts';
import { Problem, SetNumber } from '../../contract/index.ts';
import { decisionOf } from '../../live/explain-decision.ts';
import type { Live } from '../../live/live.ts';
import type { NodeFacts } from '../../live/node-facts.ts';
import { ProblemError } from '../../plugins/problem.ts';

export interface ExplainRouteDeps {
  readonly live: Pick<Live, 'mirror' | 'registry'>;
  readonly now: () => number;
}

const pace = { burst: 60, refillMs: 50 };

export async function explainRoutes(app: FastifyInstance, deps: ExplainRouteDeps): Promise<void> {
  const paces = new RateLimiter(pace, deps.now);

  app.post<{ Body: ExplainBody }>('/api/v1/explain', {
    config: { access: 'live.read' },
    schema: { summary: 'Explain where a request would go', tags: ['live'], body: ExplainBody, response: { 200: ExplainAnswer } },
  }, async (request): Promise<ExplainAnswer> => {
    const attempt = paces.take(request.principal?.id ?? request.ip);
    if (!attempt.allowed) throw tooMany(attempt.retryAfterMs, 'Each user and each token may ask for 60 explanations at once, then for 20 a second');
    const { node: word, method = 'INVITE', uri, source, from, to, callId, authUser, headers, atMs } = request.body;
    const node = deps.live.registry.connected(word ?? null);
    if (word !== undefined && node === undefined) {
      throw new ProblemError('invalid', `No connected node is called ${word}.`, { errors: [{ pointer: '/node', code: 'not-found', message: 'is no connected node' }] });
    }
    const question: ExplainRequest = {
      method, uri, timeMs: atMs ?? deps.now(), ...(source === undefined ? {} : { source }), ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }), ...(callId === undefined ? {} : { callId }), ...(authUser === undefined ? {} : { authUser }),
      ...(headers === undefined ? {} : { headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])) }),
    };
    const query = routeQueryOf(question);
    if (!query.ok) throw new ProblemError('invalid', `${query.error.pointer} ${query.error.message}.`, { errors: [query.error] });
    const { view } = deps.live.mirror;
    const explained = explain(view, node === undefined ? noHealth : healthOf(node), query.value, undefined, circumstancesOf(view, node, uri));
    const steps = explained.steps.map(({ stage, outcome, text }) => ({ step: stage, outcome, text }));
    if (explained.dropped > 0) steps.push({ step: 'destination', outcome: 'info', text: `${explained.dropped} more steps are not shown.` });
    return { rev: view.rev, node: node?.name ?? null, decision: decisionOf(explained.decision, view.setting), steps };
  });

  app.get<{ Params: Static<typeof SetParams> }>('/api/v1/route-sets/:number/findings', {
    config: { access: 'config.read' },
    schema: { summary: 'Name rules of a route set that never decide, overlap, or have nowhere to send to', tags: ['route-sets'], params: SetParams, response: { 200: RuleFindings, 404: Problem } },
  }, async (request): Promise<RuleFindings> => {
    const { view } = deps.live.mirror;
    const routeSet = view.routeSet(request.params.number);
    if (routeSet === null) throw new ProblemError('not-found', `There is no route set ${request.params.number}.`);
    const { findings, more } = reportRules(routeSet.rules(), (id) => {
      const set = view.set(id);
      return set === null ? 'missing' : set.destinations.length === 0 ? 'empty' : 'usable';
    });
    return { rev: view.rev, items: findings.map(({ kind, rules, text }) => ({ kind, rules: [...rules], text })), more };
  });
}

const SetParams = Type.Object({ number: SetNumber }, { additionalProperties: false });

/** What is known here of the node that would get the request: itself it is at the address that it connects from. */
function circumstancesOf(view: ConfigView, node: NodeFacts | undefined, text: string): Circumstances {
  const uri = parseSipUri(text);
  if (node === undefined) return { ...noCircumstances, uri };
  const { draining = false, answerOptions = true } = view.node(node.id) ?? {};
  const own = canonicalAddress(node.address);
  return { uri, draining, answersOptions: answerOptions, means: ({ host }) => host !== '' && canonicalAddress(host) === own };
}

/** What a node reports does not say which families a host name resolved to; either may serve in an explanation. */
function healthOf(node: NodeFacts): HealthReader {
  return {
    state: (id) => node.health.get(id)?.state ?? 'unknown', families: () => 3, load: (id) => node.health.get(id)?.calls ?? 0,
    latencyMs: (id) => node.health.get(id)?.latencyMs.avg ?? -1, lastLatencyMs: (id) => node.health.get(id)?.latencyMs.last ?? -1, upSince: () => 0,
  };
}
