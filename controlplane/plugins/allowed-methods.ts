/** Which methods a path has, so that a known path asked with another method is 405 with Allow (RFC 9110 §15.5.6), not 404. */
import type { FastifyInstance } from 'fastify';

export interface AllowedMethods {
  /** Methods of all routes that the path fits, sorted; empty = no route has it. */
  of(path: string): readonly string[];
}

/** Register before any route. The page of the console (`/*`) counts for no path. */
export function collectMethods(app: FastifyInstance): AllowedMethods {
  const routes = new Map<string, { readonly form: RegExp; readonly methods: Set<string> }>();
  app.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return;
    const route = routes.get(url) ?? { form: formOf(url), methods: new Set<string>() };
    routes.set(url, route);
    for (const name of typeof method === 'string' ? [method] : method) route.methods.add(name);
  });
  return {
    of(path) {
      const methods = new Set<string>();
      for (const route of routes.values()) if (route.form.test(path)) for (const name of route.methods) methods.add(name);
      return [...methods].sort((one, other) => one.localeCompare(other));
    },
  };
}

/** `/api/v1/tenants/:key` → any one segment in the place of the parameter. */
function formOf(url: string): RegExp {
  const segments = url.split('/').map((segment) => (segment.startsWith(':') ? '[^/]+' : segment.replace(/[.+?^${}()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${segments.join('/')}$`);
}
