/** Entry of a media thread: its engines, the ways to the SIP workers, and what it tells the main thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { useSystemCalls } from '../system/calls.ts';
import { MediaDesk } from './desk.ts';
import { openEngines } from './engines.ts';
import type { FromMedia, MediaAsk, MediaSetup, ToMedia } from './messages.ts';

const stateIntervalMs = 1_000;

const setup = workerData as MediaSetup;
useSystemCalls(setup.sockets === 'auto');
const port = parentPort;
if (port === null) throw new Error('thread.ts runs as a worker thread');
const tell = (message: FromMedia): void => port.postMessage(message);
const fault = (where: string, error: unknown): void => tell({ t: 'fault', where, detail: error instanceof Error ? (error.stack ?? error.message) : String(error) });

/** What came before the engines were there. Until `restore` comes another process has the sessions; what workers ask waits in their ports. */
const early: ToMedia[] = [];
let obey = (message: ToMedia): void => {
  if (message.t === 'stop') tell({ t: 'stopped' });
  else if (message.t !== 'restore') early.push(message);
  else serve().catch((error: unknown) => setImmediate(() => { throw error; }));
};
port.on('message', (message: ToMedia) => obey(message));

async function serve(): Promise<void> {
  obey = (message) => { early.push(message); };
  const engines = await openEngines(setup, (event) => tell({ t: 'event', event }), fault);
  const desk = new MediaDesk(engines.serving, fault);
  for (const worker of setup.workers) worker.on('message', (ask: MediaAsk) => desk.take(ask, (reply) => worker.postMessage(reply)));
  const told = setInterval(() => tell({ t: 'state', state: engines.state() }), stateIntervalMs);
  obey = (message) => {
    switch (message.t) {
      case 'restore':
        return;
      case 'settings':
        engines.configure(message.settings);
        return;
      case 'figures':
        tell({ t: 'figures', n: message.n, figures: desk.figures(message.sessions) });
        return;
      case 'stop':
        clearInterval(told);
        for (const worker of setup.workers) worker.close();
        engines.close(message.keep).then(() => tell({ t: 'stopped' }), (error: unknown) => {
          fault('stop', error);
          tell({ t: 'stopped' });
        });
    }
  };
  tell({ t: 'state', state: engines.state() });
  tell({ t: 'ready', engine: engines.name, sentence: engines.sentence, restored: desk.sessions });
  for (const message of early.splice(0)) obey(message);
}
