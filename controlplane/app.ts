/** The HTTP side: every plugin and route in order. What they stand on is made in services/runtime.ts. */
import { randomBytes } from 'node:crypto';
import fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { Logger } from 'pino';
import { registerAccess } from './plugins/access.ts';
import { collectMethods } from './plugins/allowed-methods.ts';
import { answerBrokenRequest } from './plugins/broken-requests.ts';
import { registerConsole, registerSecurityHeaders } from './plugins/console.ts';
import { parseJson } from './plugins/json-body.ts';
import { registerObservability } from './plugins/observability.ts';
import { registerOpenApi } from './plugins/openapi.ts';
import { answerBadAddress, ProblemError, registerProblems } from './plugins/problem.ts';
import { loggedRequest } from './plugins/request-log.ts';
import { validatorCompiler } from './plugins/validation.ts';
import { aliasRoutes } from './routes/v1/aliases.ts';
import { certificateRoutes } from './routes/v1/certificates.ts';
import { clusterKeyRoutes } from './routes/v1/cluster-keys.ts';
import { changeRoutes } from './routes/v1/changes.ts';
import type { ApiInstance, ConfigRouteDeps } from './routes/v1/config-request.ts';
import { destinationRoutes } from './routes/v1/destinations.ts';
import { dispatcherSetRoutes } from './routes/v1/dispatcher-sets.ts';
import { domainRoutes } from './routes/v1/domains.ts';
import { eventRoutes } from './routes/v1/events.ts';
import { explainRoutes } from './routes/v1/explain.ts';
import { importRoutes } from './routes/v1/import.ts';
import { liveListRoutes } from './routes/v1/live-lists.ts';
import { nodeRoutes } from './routes/v1/nodes.ts';
import { numberRoutes } from './routes/v1/numbers.ts';
import { overviewRoutes } from './routes/v1/overview.ts';
import { probeRoutes } from './routes/v1/probe.ts';
import { rateRoutes } from './routes/v1/rates.ts';
import { routeSetRoutes } from './routes/v1/route-sets.ts';
import { sessionRoutes } from './routes/v1/session.ts';
import { settingRoutes } from './routes/v1/settings.ts';
import { setupRoutes } from './routes/v1/setup.ts';
import { tenantRoutes } from './routes/v1/tenants.ts';
import { tokenRoutes } from './routes/v1/tokens.ts';
import { trunkRoutes } from './routes/v1/trunks.ts';
import { userRoutes } from './routes/v1/users.ts';
import type { Runtime } from './services/runtime.ts';

/** Longest path parameter: an alias, some of it escaped. */
const maxParamLength = 512;
const bodyLimit = 1024 * 1024;
const requestTimeoutMs = 120_000;

/** Builds the server; the caller listens and closes. `dist` is the folder of the built console. */
export async function buildApp(runtime: Runtime, log: Logger, dist: string): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = log.child({}, { serializers: { req: loggedRequest } });
  const app: FastifyInstance = fastify({
    loggerInstance, bodyLimit, requestTimeout: requestTimeoutMs, return503OnClosing: true, forceCloseConnections: 'idle',
    routerOptions: { maxParamLength },
    trustProxy: runtime.proxies.any ? (address) => runtime.proxies.trusts(address) : false,
    // Only websockets are upgraded; what else a client offers to speak (h2c) is ignored, as RFC 9110 §7.8 has it.
    http: { shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket' },
    frameworkErrors: answerBadAddress, clientErrorHandler: answerBrokenRequest,
    // Ours, not the caller's: it names this request in our log only.
    genReqId: () => randomBytes(8).toString('base64url'),
    requestIdHeader: false,
    // A line for each request is for debugging; what changed stands in the change log.
    logController: new LogController({ disableRequestLogging: !log.isLevelEnabled('debug') }),
  });
  app.setValidatorCompiler(validatorCompiler);
  // Answers are typed against their schemas; what a schema describes is not filtered once more.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.removeContentTypeParser('text/plain');
  // Clients put the content type on requests without a body, too; where a body is needed its schema says so.
  app.addContentTypeParser(['application/json', 'application/merge-patch+json'], { parseAs: 'string' }, async (_request: unknown, body: string) => parseJson(body));
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (request.url.includes('%00')) throw new ProblemError('malformed', 'The address holds the character NUL.');
  });
  registerProblems(app);
  const methods = collectMethods(app);
  await registerSecurityHeaders(app);
  registerAccess(app, runtime.auth.authenticator);
  await registerOpenApi(app, runtime.version);
  registerObservability(app, {
    ping: () => runtime.database.ping(),
    headRev: async () => (await runtime.changes.head()).rev,
    connectedNodes: () => runtime.gateway.connected().length,
  });
  await registerRoutes(app, runtime);
  await registerConsole(app, dist, methods);
  return app;
}

async function registerRoutes(app: FastifyInstance, runtime: Runtime): Promise<void> {
  const config: ConfigRouteDeps = { config: runtime.config, db: runtime.database.prisma, live: (id) => runtime.live.destinations.destination(id) };
  const typed: ApiInstance = app.withTypeProvider<TypeBoxTypeProvider>();
  await tenantRoutes(typed, config);
  await domainRoutes(typed, config);
  await routeSetRoutes(typed, config);
  await dispatcherSetRoutes(typed, config);
  await destinationRoutes(typed, config);
  await trunkRoutes(typed, config);
  await numberRoutes(typed, config);
  await aliasRoutes(typed, config);
  await rateRoutes(typed, config);
  await certificateRoutes(typed, { ...config, now: runtime.now, clusterKeys: () => runtime.auth.clusterKeys.inForce() });
  await settingRoutes(typed, config);
  await changeRoutes(typed, config);
  const { auth, audit, live, streams, gateway, now } = runtime;
  await clusterKeyRoutes(typed, { keys: auth.clusterKeys, config: runtime.config, gateway, audit });
  await setupRoutes(app, { setup: auth.setup, sessions: auth.sessions, audit });
  await sessionRoutes(app, { signIn: auth.signIn, sessions: auth.sessions, users: auth.users, passwords: auth.passwords, audit });
  await userRoutes(app, { users: auth.users, sessions: auth.sessions, passwords: auth.passwords, audit });
  await tokenRoutes(app, { bearers: auth.bearers, audit, now });
  await nodeRoutes(app, { live, directory: auth.directory, config: runtime.config, gateway, audit });
  await overviewRoutes(app, { live });
  await explainRoutes(app, { live, now });
  await liveListRoutes(app, { live, gateway, now });
  await probeRoutes(app, { live, gateway, audit, now });
  await importRoutes(app, { importer: runtime.importer, now });
  await eventRoutes(app, { events: live.eventLog, streams, sessions: auth.sessions, bearers: auth.bearers });
}
