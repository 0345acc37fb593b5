/** Data planes: what they run, how to admit, drain, re-key and remove them. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { actorOf } from '../../audit/audit.ts';
import type { Audit } from '../../audit/audit.ts';
import type { StoredNodeDirectory } from '../../auth/node-directory.ts';
import { patchNode, removeNode } from '../../config/edit-behaviour.ts';
import { JoinTokenBody, JoinTokenCreated, NodeItem, NodeList, NodePatch, NodeTokenCreated, NodeWritten } from '../../contract/nodes.ts';
import { WriteQuery } from '../../contract/query.ts';
import type { Live } from '../../live/live.ts';
import { ProblemError } from '../../plugins/problem.ts';
import type { PushGateway } from '../../push/api.ts';
import type { ConfigService } from '../../services/config-service.ts';
import { runWrite } from './config-request.ts';

export interface NodeRouteDeps {
  readonly live: Pick<Live, 'nodes' | 'refreshNodes'>;
  readonly directory: StoredNodeDirectory;
  readonly config: ConfigService;
  readonly gateway: Pick<PushGateway, 'reauthenticate' | 'confirmShrink'>;
  readonly audit: Audit;
}

const Params = Type.Object({ id: Type.String({ pattern: '^[0-9a-fA-F-]{36}$' }) });
interface ById { Params: { id: string } }
const joinTokenMs = 86_400_000;

export async function nodeRoutes(app: FastifyInstance, deps: NodeRouteDeps): Promise<void> {
  const item = (id: string): NodeItem => {
    const node = deps.live.nodes().find((one) => one.id === id);
    if (node === undefined) throw noNode();
    return node;
  };
  const nameOf = async (id: string): Promise<string> => {
    const node = await deps.directory.byId(id);
    if (node === null) throw noNode();
    return node.name;
  };

  app.get('/api/v1/nodes', {
    config: { access: 'live.read' },
    schema: { summary: 'List nodes', tags: ['nodes'], response: { 200: NodeList } },
  }, async (): Promise<NodeList> => {
    await deps.live.refreshNodes();
    return [...deps.live.nodes()];
  });

  app.get<ById>('/api/v1/nodes/:id', {
    config: { access: 'live.read' },
    schema: { summary: 'One node', tags: ['nodes'], params: Params, response: { 200: NodeItem } },
  }, async (request): Promise<NodeItem> => {
    await deps.live.refreshNodes();
    return item(request.params.id);
  });

  app.patch<ById & { Body: NodePatch; Querystring: WriteQuery }>('/api/v1/nodes/:id', {
    config: { access: 'config.write' },
    schema: { summary: 'Drain a node or take it back; let it answer OPTIONS or not', tags: ['nodes'], params: Params, querystring: WriteQuery, body: NodePatch, response: { 200: NodeWritten } },
  }, async (request): Promise<NodeWritten> => {
    const { id } = request.params;
    const name = await nameOf(id);
    const { answer, value } = await runWrite(deps, request, request.query, nodeSummary(request.body, name), (draft) => patchNode(draft, id, request.body));
    await deps.live.refreshNodes();
    return { ...item(id), ...value, ...answer };
  });

  app.delete<ById>('/api/v1/nodes/:id', {
    config: { access: 'nodes.manage' },
    schema: { summary: 'Remove a node and its tokens', tags: ['nodes'], params: Params, response: { 204: Type.Null() } },
  }, async (request, reply) => {
    const { id } = request.params;
    const name = await nameOf(id);
    // Tokens first: from here on the node cannot come back, whatever happens below.
    await deps.directory.revoke(id);
    await runWrite(deps, request, {}, `Remove node ${name}`, (draft) => removeNode(draft, id));
    await deps.live.refreshNodes();
    await deps.gateway.reauthenticate(id);
    deps.audit.record(request, { action: 'node.remove', subject: name, text: `removed the node ${name}; its tokens are void.` });
    return reply.code(204).send();
  });

  app.post<{ Body: JoinTokenBody }>('/api/v1/nodes/join-tokens', {
    config: { access: 'nodes.manage' },
    schema: { summary: 'Make a one-time token with which a new node joins', tags: ['nodes'], body: JoinTokenBody, response: { 201: JoinTokenCreated } },
  }, async (request, reply) => {
    const { name = '', expiresInMs = joinTokenMs } = request.body;
    if (name !== '' && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
      throw new ProblemError('invalid', 'The name cannot be a node\'s.', { errors: [{ pointer: '/name', code: 'format', message: 'must be 1 to 64 letters, digits, dots, dashes or underscores' }] });
    }
    const token = await deps.directory.createJoinToken({ name, createdBy: actorOf(request), lifeMs: expiresInMs });
    deps.audit.record(request, { action: 'node.invite', subject: name, text: `made a join token${name === '' ? '' : ` for ${name}`}.` });
    return reply.code(201).header('cache-control', 'no-store').send(token);
  });

  app.post<ById>('/api/v1/nodes/:id/tokens', {
    config: { access: 'nodes.manage' },
    schema: { summary: "Replace a node's token", tags: ['nodes'], params: Params, response: { 201: NodeTokenCreated } },
  }, async (request, reply) => {
    const name = await nameOf(request.params.id);
    const token = await deps.directory.rotate(request.params.id);
    if (token === null) throw noNode();
    deps.audit.record(request, { action: 'node.rekey', subject: name, text: `made another token for the node ${name}.` });
    return reply.code(201).header('cache-control', 'no-store').send({ token });
  });

  app.post<ById>('/api/v1/nodes/:id/confirm-shrink', {
    config: { access: 'config.write' },
    schema: { summary: 'Let a node apply the change that its shrink guard holds', tags: ['nodes'], params: Params, response: { 204: Type.Null() } },
  }, async (request, reply) => {
    const name = await nameOf(request.params.id);
    if (!deps.gateway.confirmShrink(request.params.id)) throw new ProblemError('conflict', `${name} holds no change back.`);
    deps.audit.record(request, { action: 'node.confirm-shrink', subject: name, text: `let ${name} apply the change that it held back.`, severity: 'warning' });
    return reply.code(204).send();
  });
}

function nodeSummary({ draining, answerOptions }: NodePatch, name: string): string {
  const parts = [
    ...(draining === undefined ? [] : [draining ? 'drain' : 'undrain']),
    ...(answerOptions === undefined ? [] : [answerOptions ? 'answer OPTIONS on' : 'leave OPTIONS unanswered on']),
  ].join(' and ');
  return `${parts.slice(0, 1).toUpperCase()}${parts.slice(1)} node ${name}`;
}

function noNode(): ProblemError {
  return new ProblemError('not-found', 'There is no such node.');
}
