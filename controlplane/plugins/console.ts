/**
 * The built console (web/dist): hashed assets for a year, index.html for every path that is a page of the
 * single-page application, and strict security headers on everything.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import helmet from '@fastify/helmet';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AllowedMethods } from './allowed-methods.ts';
import { sendProblem } from './problem.ts';

/** Paths that are never a page of the console. */
const notPages = /^\/(api|sync)(\/|$)/;
/** Files of the build have an extension; pages have none (a domain's page has its name as a parameter). */
const isFile = /^\/(assets\/[^/]+|[^/]+\.(js|css|svg|png|ico|woff2|webmanifest|txt|json))$/;

export async function registerSecurityHeaders(app: FastifyInstance): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        'script-src': ["'self'"],
        // Mantine sets its theme's variables in a style element.
        'style-src': ["'self'", "'unsafe-inline'"],
        'img-src': ["'self'", 'data:'],
        'font-src': ["'self'", 'data:'],
        'connect-src': ["'self'"],
        'object-src': ["'none'"],
        'base-uri': ["'none'"],
        'form-action': ["'self'"],
        'frame-ancestors': ["'none'"],
      },
    },
    // The server itself speaks plain HTTP; whoever puts TLS before it decides about HSTS.
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
    crossOriginEmbedderPolicy: false,
  });
}

/** Serves `dist` when it has been built; without it the API works and pages say what to do. */
export async function registerConsole(app: FastifyInstance, dist: string, methods: AllowedMethods): Promise<void> {
  await app.register(fastifyStatic, {
    root: dist, serve: false, cacheControl: false,
    // The build leaves a .br and a .gz beside each text file.
    preCompressed: true,
    setHeaders(reply, path) {
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  const unknownPath = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const path = request.url.split('?')[0] ?? '';
    const allowed = methods.of(path);
    if (allowed.length === 0) return sendProblem(request, reply, 'not-found', `There is nothing at ${request.method} ${path}.`);
    return sendProblem(request, reply, 'method-not-allowed', `${path} takes ${allowed.join(', ')}, not ${request.method}.`, { headers: { allow: allowed.join(', ') } });
  };
  app.setNotFoundHandler(async (request, reply) => unknownPath(request, reply));
  app.get('/*', { config: { access: 'public' }, schema: { hide: true } }, async (request, reply) => {
    const path = request.url.split('?')[0] ?? '/';
    if (notPages.test(path)) return unknownPath(request, reply);
    if (isFile.test(path)) return reply.sendFile(path.slice(1));
    if (!(request.headers.accept ?? '').includes('text/html')) return unknownPath(request, reply);
    return sendPage(reply, dist);
  });
}

async function sendPage(reply: FastifyReply, dist: string): Promise<FastifyReply> {
  // Read anew each time: a console that was built meanwhile names other assets.
  const page = await readFile(join(dist, 'index.html')).catch(() => null);
  if (page === null) {
    return reply.code(503).type('text/plain; charset=utf-8').send('The console has not been built. Run "npm run build:web"; the API works without it.\n');
  }
  return reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page);
}
