/** /healthz for supervisors and balancers, /metrics for Prometheus (names `signalbox_*`). */
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface ObservabilityDeps {
  readonly ping: () => Promise<void>;
  readonly headRev: () => Promise<number>;
  readonly connectedNodes: () => number;
}

const pingDeadlineMs = 2_000;

export function registerObservability(app: FastifyInstance, deps: ObservabilityDeps): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'signalbox_' });
  const duration = new Histogram({
    name: 'signalbox_http_request_duration_seconds', help: 'Time to answer a request of the REST API.', registers: [registry],
    labelNames: ['method', 'route', 'status'], buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
  });
  const problems = new Counter({ name: 'signalbox_http_problems_total', help: 'Requests answered with a status of 400 or more.', registers: [registry], labelNames: ['status'] });
  new Gauge({
    name: 'signalbox_config_revision', help: 'Newest revision of the configuration.', registers: [registry],
    async collect() {
      try {
        this.set(await deadline(deps.headRev(), pingDeadlineMs));
      } catch (error) {
        // The other figures are wanted most when the database is away; this one keeps its last value.
        app.log.debug({ err: error }, 'the head could not be read for the metrics');
      }
    },
  });
  new Gauge({
    name: 'signalbox_nodes_connected', help: 'Nodes connected to this control plane.', registers: [registry],
    collect() {
      this.set(deps.connectedNodes());
    },
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    duration.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1_000);
    if (reply.statusCode >= 400) problems.inc({ status: String(reply.statusCode) });
  });

  app.get('/healthz', { config: { access: 'public' }, logLevel: 'warn', schema: { hide: true } }, async (request, reply) => {
    try {
      await deadline(deps.ping(), pingDeadlineMs);
      return { status: 'ok' };
    } catch (error) {
      // Anybody may ask: addresses and users of the database are for the log.
      request.log.warn({ err: error }, 'the database does not answer');
      return reply.code(503).send({ status: 'unavailable', detail: 'the database does not answer' });
    }
  });

  app.get('/metrics', { config: { access: 'public' }, logLevel: 'warn', schema: { hide: true } }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()));
}

async function deadline<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([work, new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
    })]);
  } finally {
    clearTimeout(timer);
  }
}
