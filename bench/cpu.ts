/** CPU time of a process tree and of the whole machine, from /proc (Linux). */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second; fixed at 100 for user space on Linux. */
const ticksPerSecond = 100;

interface Stat {
  readonly parent: number;
  readonly ticks: number;
}

function statOf(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return null;
  }
}

/** `root` and all of its living descendants with their CPU ticks, threads included. */
function tree(root: number): { readonly pid: number; readonly ticks: number }[] {
  const children = new Map<number, number[]>();
  const stats = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? statOf(pid) : null;
    if (!stat) continue;
    stats.set(pid, stat);
    children.set(stat.parent, [...(children.get(stat.parent) ?? []), pid]);
  }
  const found: { pid: number; ticks: number }[] = [];
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    found.push({ pid, ticks: stats.get(pid)?.ticks ?? 0 });
    open.push(...(children.get(pid) ?? []));
  }
  return found;
}

/** User + system seconds of a process tree. */
export function treeCpuSeconds(root: number): number {
  return tree(root).reduce((ticks, process) => ticks + process.ticks, 0) / ticksPerSecond;
}

/** Memory of a process tree in bytes, pages shared between processes counted once (Pss). */
export function treeMemoryBytes(root: number): number {
  return tree(root).reduce((bytes, { pid }) => bytes + kilobytes(`/proc/${pid}/smaps_rollup`, 'Pss'), 0);
}

/** Resident bytes of one process. */
export function residentBytes(pid: number): number {
  return kilobytes(`/proc/${pid}/status`, 'VmRSS');
}

function kilobytes(file: string, field: string): number {
  try {
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'latin1'))?.[1] ?? 0) * 1_024;
  } catch {
    return 0;
  }
}

/** Busy seconds of all cores since boot. */
export function machineBusySeconds(): number {
  const fields = (readFileSync('/proc/stat', 'latin1').split('\n')[0] ?? '').split(/\s+/).slice(1).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = fields;
  return (user + nice + system + irq + softirq) / ticksPerSecond;
}
