/**
 * What it costs to hand a message to another SIP worker: by a port of their own, and by way of the main thread; and what the
 * directory of transactions costs a request. Run by hand: `node bench/micro/hand-over.ts [messages]`.
 */
import { isMainThread, MessageChannel, parentPort, Worker, workerData, type MessagePort } from 'node:worker_threads';
import { newDirectoryBuffer, TransactionDirectory } from '../../dataplane/runtime/transaction-directory.ts';

const burst = 20;
const messageBytes = 800;

interface Setup {
  readonly direct: MessagePort;
  readonly messages: number;
  /** Answers what the other asks. */
  readonly echo: boolean;
}

if (isMainThread) await measure(Number(process.argv[2] ?? 100_000));
else play(workerData as Setup);

async function measure(messages: number): Promise<void> {
  directory();
  const { port1, port2 } = new MessageChannel();
  const asker = new Worker(import.meta.filename, { workerData: { direct: port1, messages, echo: false } satisfies Setup, transferList: [port1] });
  const answerer = new Worker(import.meta.filename, { workerData: { direct: port2, messages, echo: true } satisfies Setup, transferList: [port2] });
  answerer.on('message', (mail) => asker.postMessage(mail));
  asker.on('message', (mail: { readonly done?: true }) => { if (mail.done !== true) answerer.postMessage(mail); });
  let before = process.cpuUsage();
  for (const way of ['by a port of their own', 'by way of the main thread']) {
    const started = performance.now();
    const finished = new Promise<void>((resolve) => {
      const hear = (mail: { readonly done?: true }): void => {
        if (mail.done !== true) return;
        asker.off('message', hear);
        resolve();
      };
      asker.on('message', hear);
    });
    asker.postMessage({ start: way });
    await finished;
    const used = process.cpuUsage(before);
    // Each message goes there and back.
    process.stdout.write(`${way}: ${((performance.now() - started) * 1_000 / (2 * messages)).toFixed(2)} µs a hand-over, ${((used.user + used.system) / (2 * messages)).toFixed(2)} µs CPU of all threads\n`);
    before = process.cpuUsage();
  }
  await asker.terminate();
  await answerer.terminate();
}

function play({ direct, messages, echo }: Setup): void {
  const main = parentPort;
  if (main === null) return;
  const raw = 'x'.repeat(messageBytes);
  if (echo) {
    direct.on('message', (mail) => direct.postMessage(mail));
    main.on('message', (mail) => main.postMessage(mail));
    return;
  }
  let post = (mail: object): void => direct.postMessage(mail);
  let sent = 0;
  let back = 0;
  const send = (): void => {
    for (let n = 0; n < burst && sent < messages; n++, sent++) post({ from: 0, mail: { k: 'message', tried: 1, raw, listener: 0, transport: 'udp', family: 4, address: '192.0.2.1', port: 5060, connection: 0 } });
  };
  const hear = (): void => {
    back += 1;
    if (back === messages) main.postMessage({ done: true });
    else if (back % burst === 0) send();
  };
  direct.on('message', hear);
  main.on('message', (mail: { readonly start?: string }) => {
    if (mail.start === undefined) return hear();
    post = mail.start === 'by a port of their own' ? (one) => direct.postMessage(one) : (one) => main.postMessage(one);
    sent = back = 0;
    send();
  });
}

/** A request's share: look for it, note it down, find it from another worker, take it out. */
function directory(): void {
  const table = new TransactionDirectory(newDirectoryBuffer(2));
  const alive = 100_000;
  const rounds = 1_000_000;
  const key = (n: number): [number, number] => [Math.imul(n, 0x9e3779b1), Math.imul(n, 0x85ebca77)];
  for (let n = 0; n < alive; n++) table.add(...key(n), n & 1);
  let missed = 0;
  const started = process.cpuUsage();
  for (let n = alive; n < alive + rounds; n++) {
    const [first, second] = key(n);
    if (table.find(first, second) >= 0) missed += 1;
    table.add(first, second, n & 1);
    const [oldFirst, oldSecond] = key(n - alive);
    table.remove(oldFirst, oldSecond, (n - alive) & 1);
  }
  const used = process.cpuUsage(started);
  process.stdout.write(`directory with ${alive} transactions: ${((used.user + used.system) * 1_000 / rounds).toFixed(0)} ns a transaction (find, add, remove), ${missed} false\n`);
}
