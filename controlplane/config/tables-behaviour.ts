/** Stores of what nodes are: settings of all, desired state of single ones, certificates. */
import type { Certificate, Node, Prisma, Setting } from '../db/generated/client.ts';
import { compileCertificate, compileSetting } from './columns.ts';
import { keptColumns, stampColumns } from './kept-columns.ts';
import type { Stored } from './stored.ts';
import { storedRow } from './stored.ts';
import type { TableStore } from './table-store.ts';

export const storedSetting = (row: Setting): Stored<'setting'> => storedRow(row.key, compileSetting(row), { ...row, comment: '' }, null);
export const storedNode = (row: Node): Stored<'node'> => storedRow(row.id, { id: row.id, draining: row.draining, answerOptions: row.answerOptions }, row, null);
export const storedCertificate = (row: Certificate): Stored<'certificate'> => storedRow(row.name, compileCertificate(row), row, null);

function settingColumns({ row, version, updatedAtMs }: Stored<'setting'>) {
  return {
    unknownDomain: String(row.unknownDomain), requireToMatch: row.requireToMatch, scanners: [...row.scanners], methods: row.methods,
    tls: { ...row.tls }, registration: { ...row.registration }, keepAlive: { ...row.keepAlive },
    media: { ...row.media, rtpengines: row.media.rtpengines.map((instance) => ({ ...instance })) },
    version, updatedAt: new Date(updatedAtMs),
  } satisfies Prisma.SettingUncheckedUpdateInput;
}

export const settingTable: TableStore<'setting'> = {
  load: async (tx, keys) => (await tx.setting.findMany({ where: { key: { in: [...keys] } } })).map(storedSetting),
  async insert(tx, rows) {
    await tx.setting.createMany({ data: rows.map((stored) => ({ key: stored.key, ...settingColumns(stored) })) });
  },
  async update(tx, stored) {
    await tx.setting.update({ where: { key: stored.key }, data: settingColumns(stored) });
  },
  async remove(tx, keys) {
    await tx.setting.deleteMany({ where: { key: { in: [...keys] } } });
  },
};

/**
 * A node's wire row exists while it differs from the default (draining, or silent to OPTIONS): joining and forgetting a node are
 * no configuration changes, so its database row is made and deleted elsewhere.
 */
export const nodeTable: TableStore<'node'> = {
  load: async (tx, keys) => (await tx.node.findMany({ where: { id: { in: [...keys] }, OR: [{ draining: true }, { answerOptions: false }] } })).map(storedNode),
  async insert(tx, rows) {
    for (const stored of rows) await this.update(tx, stored);
  },
  async update(tx, stored) {
    await tx.node.updateMany({ where: { id: stored.key }, data: { draining: stored.row.draining, answerOptions: stored.row.answerOptions, version: stored.version, updatedAt: new Date(stored.updatedAtMs) } });
  },
  async remove(tx, keys) {
    await tx.node.updateMany({ where: { id: { in: [...keys] } }, data: { draining: false, answerOptions: true } });
  },
};

function certificateColumns({ row }: Stored<'certificate'>) {
  return { names: [...row.names], chain: row.chain, key: row.key } satisfies Prisma.CertificateUncheckedUpdateInput;
}

export const certificateTable: TableStore<'certificate'> = {
  load: async (tx, keys) => (await tx.certificate.findMany({ where: { name: { in: [...keys] } } })).map(storedCertificate),
  async insert(tx, rows) {
    await tx.certificate.createMany({ data: rows.map((stored) => ({ name: stored.row.name, ...certificateColumns(stored), ...keptColumns(stored) })) });
  },
  async update(tx, stored) {
    await tx.certificate.update({ where: { name: stored.row.name }, data: { ...certificateColumns(stored), ...stampColumns(stored) } });
  },
  async remove(tx, keys) {
    await tx.certificate.deleteMany({ where: { name: { in: [...keys] } } });
  },
};
