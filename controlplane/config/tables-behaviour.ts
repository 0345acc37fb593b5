/** Stores of the settings of all nodes and of the desired state of single ones. */
import type { Node, Prisma, Setting } from '../db/generated/client.ts';
import { compileSetting } from './columns.ts';
import type { Stored } from './stored.ts';
import { storedRow } from './stored.ts';
import type { TableStore } from './table-store.ts';

export const storedSetting = (row: Setting): Stored<'setting'> => storedRow(row.key, compileSetting(row), { ...row, comment: '' }, null);
export const storedNode = (row: Node): Stored<'node'> => storedRow(row.id, { id: row.id, draining: row.draining, answerOptions: true }, row, null);

function settingColumns({ row, version, updatedAtMs }: Stored<'setting'>) {
  return {
    unknownDomain: String(row.unknownDomain), requireToMatch: row.requireToMatch, scanners: [...row.scanners], methods: row.methods,
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
 * A node's wire row exists while it differs from the default (draining): joining and forgetting a node are
 * no configuration changes, so its database row is made and deleted elsewhere.
 */
export const nodeTable: TableStore<'node'> = {
  load: async (tx, keys) => (await tx.node.findMany({ where: { id: { in: [...keys] }, draining: true } })).map(storedNode),
  async insert(tx, rows) {
    for (const stored of rows) await this.update(tx, stored);
  },
  async update(tx, stored) {
    await tx.node.updateMany({ where: { id: stored.key }, data: { draining: stored.row.draining, version: stored.version, updatedAt: new Date(stored.updatedAtMs) } });
  },
  async remove(tx, keys) {
    await tx.node.updateMany({ where: { id: { in: [...keys] } }, data: { draining: false } });
  },
};
