import { describe, expect, it } from 'vitest';
import { impurities, verdict } from './boundaries.ts';
import { findCycle, importsOf, readSources, withoutComments, type SourceFile } from './import-graph.ts';

const product = readSources(['dataplane', 'controlplane', 'web']);

describe('the import graph', () => {
  it('keeps every boundary between the planes, the console and the pure folders', () => {
    expect(product.length).toBeGreaterThan(100);
    const broken = product.flatMap((file) => file.imports.flatMap((imported) => {
      const why = verdict(file.path, imported);
      return why === null ? [] : [`${file.path}:${imported.line} imports ${imported.target}: ${why}`];
    }));
    expect(broken).toEqual([]);
  });

  it('has no cycles', () => {
    for (const folder of ['dataplane', 'controlplane', 'web', 'test', 'bench']) expect(findCycle(readSources([folder]))).toBeNull();
    expect(findCycle(product)).toBeNull();
  });

  it('reads clock and chance in no pure file', () => {
    expect(product.flatMap((file) => impurities(file, withoutComments(file.text)))).toEqual([]);
  });
});

describe('the rules can fail', () => {
  const imports = (path: string, text: string): (string | null)[] => importsOf(path, text).map((imported) => verdict(path, imported));

  it.each([
    ['dataplane/sip/message.ts', `import { readFileSync } from 'node:fs';`],
    ['dataplane/runtime/admin.ts', `import fastify from 'fastify';`],
    ['dataplane/sync/client.ts', `import type { Api } from '../../controlplane/push/api.ts';`],
    ['dataplane/contract/rows.ts', `export type { Via } from '../sip/via.ts';`],
    ['controlplane/push/gateway.ts', `import { applyOps } from '../../dataplane/routing/build.ts';`],
    ['controlplane/push/gateway.ts', `const replica = await import('../../dataplane/sync/replica.ts');`],
    ['controlplane/routes/v1/domains.ts', `import { PrismaClient } from '../../db/generated/client.ts';`],
    ['web/src/pages/domains/list.tsx', `import { permissions } from '../../../../controlplane/contract/permissions.ts';`],
    ['dataplane/main.ts', `new Worker(new URL('../controlplane/jobs/worker.ts', import.meta.url));`],
  ])('%s may not: %s', (path, text) => {
    expect(imports(path, text)).toEqual([expect.any(String)]);
  });

  it.each([
    ['dataplane/transport/udp.ts', `import { createSocket } from 'node:dgram';`],
    ['controlplane/routes/v1/explain.ts', `import { explain } from '../../../dataplane/routing/explain.ts';`],
    ['controlplane/config/writer.ts', `import type { Prisma } from '../db/generated/client.ts';`],
    ['web/src/api/client.ts', `import type { Tenant } from '../../../controlplane/contract/tenants.ts';`],
    ['web/src/api/client.ts', `import { type Tenant, type Domain } from '../../../controlplane/contract/index.ts';`],
  ])('%s may: %s', (path, text) => {
    expect(imports(path, text)).toEqual([null]);
  });

  it('sees a cycle, and none made of types', () => {
    const file = (path: string, text: string): SourceFile => ({ path, text, imports: importsOf(path, text) });
    const runs = [file('a/one.ts', `import { two } from './two.ts';`), file('a/two.ts', `export { one } from './one.ts';`)];
    const types = [file('a/one.ts', `import type { Two } from './two.ts';`), file('a/two.ts', `import { one } from './one.ts';`)];
    expect(findCycle(runs)).toEqual(['a/one.ts', 'a/two.ts', 'a/one.ts']);
    expect(findCycle(types)).toBeNull();
  });

  it('sees a clock in a pure file', () => {
    const text = 'const a = 1;\nconst now = Date.now();\n// Date.now() in a comment is fine\n';
    expect(impurities({ path: 'dataplane/proxy/relay.ts', text, imports: [] }, withoutComments(text))).toEqual(['dataplane/proxy/relay.ts:2: const now = Date.now();']);
    expect(impurities({ path: 'dataplane/runtime/clock.ts', text, imports: [] }, withoutComments(text))).toEqual([]);
  });
});
