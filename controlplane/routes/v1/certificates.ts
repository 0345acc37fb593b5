/** /api/v1/certificates: what TLS and WSS listeners show, chosen by server name. */
import { Type } from 'typebox';
import { sealSecret } from '../../../dataplane/contract/sealed.ts';
import type { ClusterKey } from '../../../dataplane/contract/wire.ts';
import { checkCertificate } from '../../certificates/check.ts';
import { putCertificate, removeCertificate } from '../../config/edit-certificate.ts';
import { findCertificate, listCertificates } from '../../config/read-certificates.ts';
import { Certificate, CertificateBody, CertificateWritten, ListQuery, listOf, Problem, Slug, WriteQuery } from '../../contract/index.ts';
import { editOptions, found, listRequest, problemOf, Removed, runWrite, writeEntity, writeResponses } from './config-request.ts';
import type { ApiInstance, ConfigRouteDeps } from './config-request.ts';

export interface CertificateRouteDeps extends ConfigRouteDeps {
  readonly now: () => number;
  /** The keys that every joined node has. */
  readonly clusterKeys: () => Promise<readonly ClusterKey[]>;
}

const Params = Type.Object({ name: Slug }, { additionalProperties: false });
const { tenant: _tenant, ...listed } = ListQuery.properties;
const Query = Type.Object(listed, { additionalProperties: false });
const tags = ['certificates'];

export async function certificateRoutes(app: ApiInstance, deps: CertificateRouteDeps): Promise<void> {
  app.get('/api/v1/certificates', {
    config: { access: 'config.read' },
    schema: { summary: 'List certificates', tags, querystring: Query, response: { 200: listOf(Certificate) } },
  }, async (request) => listCertificates(deps.db, listRequest(request.query, 'string'), deps.now()));

  app.get('/api/v1/certificates/:name', {
    config: { access: 'config.read' },
    schema: { summary: 'Read a certificate; its key is never shown', tags, params: Params, response: { 200: Certificate, 404: Problem } },
  }, async (request, reply) => found(reply, await findCertificate(deps.db, request.params.name, deps.now()), `There is no certificate ${request.params.name}.`));

  app.put('/api/v1/certificates/:name', {
    config: { access: 'config.write' },
    schema: {
      summary: 'Create or replace a certificate with its key', tags, params: Params, querystring: WriteQuery, body: CertificateBody,
      description: 'Refused with the reason: text that is no PEM, a key of another certificate, a chain out of order or with a wrong signature, certificates that are expired or not valid yet, weak keys, no names, encrypted keys. Nodes show the new one to new connections; open ones stay.',
      response: { 200: CertificateWritten, 201: CertificateWritten, ...writeResponses },
    },
  }, async (request, reply) => {
    const { name } = request.params;
    const { chain, key, comment = '' } = request.body;
    const checked = checkCertificate(chain, key, deps.now());
    if (!checked.ok) throw problemOf({ code: 'invalid', errors: checked.error });
    const sealed = sealSecret(await deps.clusterKeys(), name, checked.value.key);
    const row = { name, names: checked.value.names, chain: checked.value.chain, key: sealed };
    return writeEntity(deps, request, reply, `Put certificate ${name}`, (draft) => putCertificate(draft, row, comment, editOptions(request)), () => findCertificate(deps.db, name, deps.now()));
  });

  app.delete('/api/v1/certificates/:name', {
    config: { access: 'config.write' },
    schema: { summary: 'Delete a certificate', tags, params: Params, querystring: WriteQuery, response: { 200: Removed, 404: Problem, ...writeResponses } },
  }, async (request) => {
    const { name } = request.params;
    return (await runWrite(deps, request, request.query, `Delete certificate ${name}`, (draft) => removeCertificate(draft, name, editOptions(request)), () => findCertificate(deps.db, name, deps.now()))).answer;
  });
}
