/** `npm run bench -- NAME [OPTIONS]`. */
const benches: Readonly<Record<string, () => Promise<{ main(argv: readonly string[]): Promise<number> }>>> = {
  sip: () => import('./sip/main.ts'),
  workers: () => import('./sip/workers.ts'),
  beside: () => import('./beside.ts'),
  push: () => import('./push.ts'),
  start: () => import('./start.ts'),
  tables: () => import('./tables/main.ts'),
  registrations: () => import('./registrations/main.ts'),
  'media-kernel': () => import('./media/kernel-main.ts'),
  media: () => import('./media/main.ts'),
  tls: () => import('./tls/main.ts'),
};

const [name = '', ...argv] = process.argv.slice(2);
const load = benches[name];
if (load) {
  process.exitCode = await (await load()).main(argv);
} else {
  process.stderr.write(`${name === '' ? 'Say which bench to run' : `There is no bench "${name}"`}: ${Object.keys(benches).join(', ')}.\n`);
  process.exitCode = 2;
}
