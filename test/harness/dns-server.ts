/**
 * A small DNS server on loopback, over UDP and, for answers that do not fit, TCP. It answers as a recursive server would:
 * CNAMEs are followed, names without records do not exist. Names can be held, silenced, failed and lied about.
 */
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type Server, type Socket as Connection } from 'node:net';
import { AUTHORITATIVE_ANSWER, decode, encode, RECURSION_AVAILABLE, RECURSION_DESIRED, TRUNCATED_RESPONSE, type Answer, type Packet } from 'dns-packet';
import { until } from './deadline.ts';
import { freePort } from './ports.ts';

/** `silent` never answers, `garbage` answers with noise, `forged` puts an answer with a wrong identifier and a lie in front of the right one. */
export type Behaviour = 'silent' | 'servfail' | 'refused' | 'garbage' | 'forged';
type Kind = 'A' | 'AAAA' | 'SRV' | 'NAPTR' | 'CNAME';

interface Rules { readonly records: Answer[]; behaviour: Behaviour | null; held: (() => void)[] | null }

const rcodes = { none: 0, servfail: 2, nxdomain: 3, refused: 5 } as const;
const maxDatagram = 512;
const maxChain = 16;
const lie = '127.0.0.66';

export class DnsServer {
  /** `127.0.0.1:port`, as SIGNALBOX_DNS takes it. */
  readonly address: string;
  /** Every question in the order it came, as `SRV _sip._udp.pbx.example`; ` (tcp)` behind those over TCP. */
  readonly log: string[] = [];
  readonly #rules = new Map<string, Rules>();
  readonly #udp: Socket;
  readonly #tcp: Server;
  readonly #connections = new Set<Connection>();

  private constructor(port: number, udp: Socket, tcp: Server) {
    this.address = `127.0.0.1:${port}`;
    this.#udp = udp;
    this.#tcp = tcp;
    udp.on('message', (query, from) => this.#take(query, 'udp', (answer) => udp.send(answer, from.port, from.address)));
    tcp.on('connection', (connection) => this.#accept(connection));
  }

  static async open(): Promise<DnsServer> {
    const port = await freePort();
    const udp = createSocket('udp4');
    await new Promise<void>((resolve) => { udp.bind(port, '127.0.0.1', resolve); });
    const tcp = createServer();
    await new Promise<void>((resolve) => { tcp.listen(port, '127.0.0.1', resolve); });
    return new DnsServer(port, udp, tcp);
  }

  /** Replaces the addresses of a name. */
  host(name: string, addresses: readonly string[], ttl = 60): void {
    this.#replace(name, ['A', 'AAAA'], addresses.map((data): Answer => ({ type: data.includes(':') ? 'AAAA' : 'A', name, ttl, data })));
  }

  /** Replaces the SRV records of a service; a target is `name:port`, "." = not there. */
  srv(service: string, targets: readonly { readonly target: string; readonly priority?: number; readonly weight?: number }[], ttl = 60): void {
    this.#replace(service, ['SRV'], targets.map(({ target, priority = 10, weight = 0 }): Answer => {
      const [name = '', port = '5060'] = target.split(':');
      return { type: 'SRV', name: service, ttl, data: { target: name, port: Number(port), priority, weight } };
    }));
  }

  /** Replaces the NAPTR records of a name. */
  naptr(name: string, rules: readonly { readonly services: string; readonly replacement?: string; readonly regexp?: string; readonly flags?: string; readonly order?: number; readonly preference?: number }[]): void {
    this.#replace(name, ['NAPTR'], rules.map(({ services, replacement = '.', regexp = '', flags = 's', order = 10, preference = 10 }): Answer =>
      ({ type: 'NAPTR', name, ttl: 60, data: { order, preference, flags, services, regexp, replacement } })));
  }

  cname(name: string, target: string, ttl = 60): void {
    this.#replace(name, ['CNAME'], [{ type: 'CNAME', name, ttl, data: target }]);
  }

  /** How questions for the name are treated from now on, `null` = answered. */
  behave(name: string, behaviour: Behaviour | null): void {
    this.#of(name).behaviour = behaviour;
  }

  /** Keeps questions for the name waiting; the function returned answers them and all to come. */
  hold(name: string): () => void {
    const rules = this.#of(name);
    const held: (() => void)[] = [];
    rules.held = held;
    return () => {
      rules.held = null;
      for (const answer of held.splice(0)) answer();
    };
  }

  /** How often a question came, over UDP or TCP. */
  count(question: string): number {
    return this.log.filter((one) => one === question || one === `${question} (tcp)`).length;
  }

  /** Waits until a question has come `times` times. */
  async asked(question: string, times = 1): Promise<void> {
    await until(`${times} × "${question}" at the DNS server`, 10_000, () => this.count(question) >= times);
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    await new Promise<void>((resolve) => { this.#udp.close(resolve); });
    await new Promise<void>((resolve) => { this.#tcp.close(() => resolve()); });
  }

  #of(name: string): Rules {
    const key = name.toLowerCase();
    const rules = this.#rules.get(key) ?? { records: [], behaviour: null, held: null };
    this.#rules.set(key, rules);
    return rules;
  }

  #replace(name: string, kinds: readonly Kind[], records: readonly Answer[]): void {
    const rules = this.#of(name);
    const kept = rules.records.filter(({ type }) => !kinds.some((kind) => kind === type));
    rules.records.splice(0, rules.records.length, ...kept, ...records);
  }

  #accept(connection: Connection): void {
    this.#connections.add(connection);
    let buffered: Buffer = Buffer.alloc(0);
    connection.on('close', () => this.#connections.delete(connection));
    // A resolver that has its answer resets; nothing else can be done about that.
    connection.on('error', () => connection.destroy());
    connection.on('data', (chunk: Buffer) => {
      buffered = Buffer.concat([buffered, chunk]);
      while (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
        const end = 2 + buffered.readUInt16BE(0);
        this.#take(buffered.subarray(2, end), 'tcp', (answer) => {
          const length = Buffer.alloc(2);
          length.writeUInt16BE(answer.length);
          connection.write(Buffer.concat([length, answer]));
        });
        buffered = buffered.subarray(end);
      }
    });
  }

  #take(data: Buffer, wire: 'udp' | 'tcp', send: (answer: Buffer) => void): void {
    const query = decode(data);
    const question = query.questions?.[0];
    if (question === undefined) return;
    this.log.push(`${question.type} ${question.name.toLowerCase()}${wire === 'tcp' ? ' (tcp)' : ''}`);
    const rules = this.#of(question.name);
    if (rules.held !== null) rules.held.push(() => this.#answer(query, wire, send));
    else this.#answer(query, wire, send);
  }

  #answer(query: Packet, wire: 'udp' | 'tcp', send: (answer: Buffer) => void): void {
    const { name = '', type = 'A' } = query.questions?.[0] ?? {};
    const { behaviour } = this.#of(name);
    if (behaviour === 'silent') return;
    if (behaviour === 'garbage') {
      send(Buffer.concat([encode({ ...this.#response(query, [], 0) }).subarray(0, 2), Buffer.from('not DNS at all')]));
      return;
    }
    if (behaviour === 'servfail' || behaviour === 'refused') {
      send(encode(this.#response(query, [], rcodes[behaviour])));
      return;
    }
    if (behaviour === 'forged') send(encode(this.#response({ ...query, id: (query.id ?? 0) ^ 1 }, [{ type: 'A', name, ttl: 3_600, data: lie }], 0)));
    const answers = this.#chain(name, type);
    const known = answers.length > 0 || this.#of(name).records.length > 0;
    const answer = encode(this.#response(query, answers, known ? rcodes.none : rcodes.nxdomain));
    if (wire === 'udp' && answer.length > maxDatagram) send(encode(this.#response(query, [], TRUNCATED_RESPONSE)));
    else send(answer);
  }

  #response({ id = 0, questions = [] }: Packet, answers: Answer[], flags: number): Packet {
    return { type: 'response', id, questions, answers, flags: AUTHORITATIVE_ANSWER | RECURSION_DESIRED | RECURSION_AVAILABLE | flags };
  }

  /** The records of a name, behind the CNAMEs that lead to them; a loop of these is told as far as it goes. */
  #chain(name: string, type: string): Answer[] {
    const answers: Answer[] = [];
    let at = name;
    for (let step = 0; step < maxChain; step++) {
      const { records } = this.#of(at);
      const found = records.filter((record) => record.type === type);
      const alias = records.find((record) => record.type === 'CNAME');
      if (found.length > 0 || alias?.type !== 'CNAME') return [...answers, ...found];
      answers.push(alias);
      at = alias.data;
    }
    return answers;
  }
}
