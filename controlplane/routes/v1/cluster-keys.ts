/** /api/v1/cluster-keys: rotation of what nodes seal tokens and certificates' keys with. No answer holds a key. */
import { Type } from 'typebox';
import type { Audit } from '../../audit/audit.ts';
import type { ClusterKeyFacts, ClusterKeys } from '../../auth/cluster-keys.ts';
import { resealCertificates } from '../../config/reseal-certificates.ts';
import { CertificatesResealed, ClusterKeyBody, ClusterKeyItem, ClusterKeyList, Problem, WriteQuery } from '../../contract/index.ts';
import { ProblemError } from '../../plugins/problem.ts';
import type { PushGateway } from '../../push/api.ts';
import type { ConfigService } from '../../services/config-service.ts';
import { runWrite } from './config-request.ts';
import type { ApiInstance } from './config-request.ts';

export interface ClusterKeyRouteDeps {
  readonly keys: ClusterKeys;
  readonly config: ConfigService;
  readonly gateway: Pick<PushGateway, 'refreshKeys'>;
  readonly audit: Audit;
}

const Params = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) }, { additionalProperties: false });
const tags = ['cluster keys'];
const standardLeadMs = 60_000;

export async function clusterKeyRoutes(app: ApiInstance, { keys, config, gateway, audit }: ClusterKeyRouteDeps): Promise<void> {
  app.get('/api/v1/cluster-keys', {
    config: { access: 'config.read' },
    schema: { summary: 'List cluster keys, newest first; the keys themselves are never shown', tags, response: { 200: ClusterKeyList } },
  }, async () => [...await keys.list()]);

  app.post('/api/v1/cluster-keys', {
    config: { access: 'nodes.manage' },
    schema: {
      summary: 'Add a cluster key', tags, body: ClusterKeyBody, response: { 201: ClusterKeyItem, 409: Problem },
      description: 'Connected nodes get it at once and open with it; after `signsInMs` they seal with it, within ten seconds. The key before goes on opening what it sealed.',
    },
  }, async (request, reply) => {
    const { signsInMs = standardLeadMs } = request.body;
    const added = await keys.add(signsInMs);
    if (!added.ok) throw new ProblemError('conflict', added.error);
    await gateway.refreshKeys();
    audit.record(request, { action: 'cluster-key.add', subject: nameOf(added.value), text: `added the cluster key ${added.value.id}.`, severity: 'warning' });
    return reply.code(201).send(added.value);
  });

  app.post('/api/v1/cluster-keys/reseal', {
    config: { access: 'nodes.manage' },
    schema: { summary: "Seal certificates' private keys under the cluster key that signs", tags, querystring: WriteQuery, response: { 200: CertificatesResealed, 400: Problem, 409: Problem } },
  }, async (request) => {
    const inForce = await keys.inForce();
    const { value, answer } = await runWrite({ config }, request, request.query, `Seal the certificates under cluster key ${inForce[0]?.id}`, (draft) => resealCertificates(draft, inForce));
    return { ...value, ...answer };
  });

  app.delete('/api/v1/cluster-keys/:id', {
    config: { access: 'nodes.manage' },
    schema: {
      summary: 'Retire a cluster key', tags, params: Params, response: { 204: Type.Null(), 404: Problem, 409: Problem },
      description: 'What it sealed opens no more: dialogs that began under it and registrations that were last refreshed under it end. Refused while certificates are sealed under it, and for the key that signs.',
    },
  }, async (request, reply) => {
    const { id } = request.params;
    const retired = await keys.retire(id);
    if (retired === 'not-found') throw new ProblemError('not-found', `There is no cluster key ${id}.`);
    if (!retired.ok) throw new ProblemError('conflict', retired.error);
    await gateway.refreshKeys();
    audit.record(request, { action: 'cluster-key.retire', subject: nameOf({ id }), text: `retired the cluster key ${id}.`, severity: 'warning' });
    return reply.code(204).send(null);
  });
}

const nameOf = ({ id }: Pick<ClusterKeyFacts, 'id'>): string => `cluster key ${id}`;
