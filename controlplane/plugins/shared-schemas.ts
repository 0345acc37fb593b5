/** Shared schemas of the OpenAPI document: what generators of clients make their types of. PURE. */

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Resources by the path of the GET that answers with one. */
const resources: Readonly<Record<string, string>> = {
  Tenant: '/api/v1/tenants/{key}', Domain: '/api/v1/domains/{name}', RouteSet: '/api/v1/route-sets/{number}', DispatcherSet: '/api/v1/dispatcher-sets/{id}',
  Destination: '/api/v1/destinations/{id}', Trunk: '/api/v1/trunks/{key}', Number: '/api/v1/numbers/{pattern}', Alias: '/api/v1/aliases/{alias}',
  Certificate: '/api/v1/certificates/{name}', Setting: '/api/v1/settings/global', LiveCallList: '/api/v1/calls', RegistrationList: '/api/v1/registrations',
};

/** Moves the schema of each resource, and of problems, to `components` and refers to it wherever the same schema stands. */
export function shareSchemas<Document extends object>(document: Document): Document {
  const text = JSON.stringify(document);
  const whole = JSON.parse(text) as Json;
  const named = new Map<string, string>();
  const schemas: Record<string, Json> = {};
  const share = (name: string, schema: Json): void => {
    if (schema === null || named.has(JSON.stringify(schema))) return;
    named.set(JSON.stringify(schema), name);
    schemas[name] = schema;
  };
  for (const [name, path] of Object.entries(resources)) share(name, at(whole, 'paths', path, 'get', 'responses', '200', 'content', 'application/json', 'schema'));
  share('Problem', at(whole, 'paths', resources['Tenant'] ?? '', 'get', 'responses', 'default', 'content', 'application/problem+json', 'schema'));
  const inside = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(referring);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, referring(part)]));
  };
  const referring = (value: Json): Json => {
    const name = value !== null && typeof value === 'object' ? named.get(JSON.stringify(value)) : undefined;
    return name === undefined ? inside(value) : { $ref: `#/components/schemas/${name}` };
  };
  const { components, ...rest } = inside(whole) as { readonly [name: string]: Json };
  return { ...rest, components: { ...(components as object), schemas: Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, inside(schema)])) } } as unknown as Document;
}

function at(value: Json, ...path: readonly string[]): Json {
  let found: Json = value;
  for (const name of path) {
    if (found === null || typeof found !== 'object' || Array.isArray(found)) return null;
    found = (found as { readonly [name: string]: Json })[name] ?? null;
  }
  return found;
}
