/**
 * Network namespaces for tests that need a kernel which forwards: phone | edge | PBX, joined by two pairs of veth
 * interfaces, IPv4 and IPv6. Root only, Linux only; nothing of the machine's own network is touched.
 */
import { spawnSync } from 'node:child_process';

/** One end of the row. */
export interface Namespace {
  readonly name: string;
  /** Its own addresses. */
  readonly v4: string;
  readonly v6: string;
  /** The edge's addresses on the way to it. */
  readonly edgeV4: string;
  readonly edgeV6: string;
}

/** @throws what the command said when it failed */
function run(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` } });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.trim() || `exit code ${status}`}`);
  return stdout;
}

/** Words in front of a command that runs in a namespace. */
export const insideOf = (name: string): readonly string[] => ['ip', 'netns', 'exec', name];

let made = 0;

export class Namespaces {
  readonly edge: string;
  readonly phone: Namespace;
  readonly pbx: Namespace;
  readonly #all: readonly string[];

  private constructor(prefix: string) {
    const end = (letter: string, net: number): Namespace => ({ name: `${prefix}${letter}`, v4: `10.77.${net}.2`, v6: `fd00:77:${net}::2`, edgeV4: `10.77.${net}.1`, edgeV6: `fd00:77:${net}::1` });
    this.edge = `${prefix}e`;
    this.phone = end('p', 1);
    this.pbx = end('b', 2);
    this.#all = [this.edge, this.phone.name, this.pbx.name];
  }

  /** Makes the three; `stop` removes them. Interfaces in the edge are called `phone` and `pbx`, those of the others `edge`. */
  static create(): Namespaces {
    const space = new Namespaces(`sb${process.pid}n${made++}`);
    try {
      space.#build();
    } catch (error) {
      space.stop();
      throw error;
    }
    return space;
  }

  #build(): void {
    for (const name of this.#all) {
      run('ip', 'netns', 'add', name);
      this.run(name, 'ip', 'link', 'set', 'lo', 'up');
      // Addresses serve at once, without the second that duplicate address detection takes.
      this.#set(name, 'ipv6/conf/all/accept_dad', 0);
      this.#set(name, 'ipv6/conf/default/accept_dad', 0);
    }
    for (const [path, value] of [['ipv4/ip_forward', 1], ['ipv6/conf/all/forwarding', 1], ['ipv4/conf/all/send_redirects', 0], ['ipv4/conf/default/send_redirects', 0]] as const) this.#set(this.edge, path, value);
    for (const [label, end] of [['phone', this.phone], ['pbx', this.pbx]] as const) {
      run('ip', 'link', 'add', label, 'netns', this.edge, 'type', 'veth', 'peer', 'name', 'edge', 'netns', end.name);
      this.run(this.edge, 'ip', 'address', 'add', `${end.edgeV4}/24`, 'dev', label);
      this.run(this.edge, 'ip', 'address', 'add', `${end.edgeV6}/64`, 'dev', label, 'nodad');
      this.run(this.edge, 'ip', 'link', 'set', label, 'up');
      this.run(end.name, 'ip', 'address', 'add', `${end.v4}/24`, 'dev', 'edge');
      this.run(end.name, 'ip', 'address', 'add', `${end.v6}/64`, 'dev', 'edge', 'nodad');
      this.run(end.name, 'ip', 'link', 'set', 'edge', 'up');
      this.run(end.name, 'ip', 'route', 'add', 'default', 'via', end.edgeV4);
      this.run(end.name, 'ip', '-6', 'route', 'add', 'default', 'via', end.edgeV6);
    }
  }

  /** A setting of the kernel's network, as sysctl makes them: bare machines have none. */
  #set(name: string, path: string, value: number): void {
    this.run(name, 'sh', '-c', `echo ${value} > /proc/sys/net/${path}`);
  }

  /** Runs a command in a namespace to its end. @returns its standard output @throws what it said when it failed */
  run(name: string, command: string, ...args: readonly string[]): string {
    return run('ip', 'netns', 'exec', name, command, ...args);
  }

  /** Removes the namespaces and with them interfaces, routes and tables. Processes in them have ended before. */
  stop(): void {
    for (const name of this.#all) spawnSync('ip', ['netns', 'delete', name], { env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` } });
  }
}
