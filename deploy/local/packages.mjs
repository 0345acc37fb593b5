/** System packages that some suites need: what they are called in Debian and how to see that they are there. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const searchPath = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/games'];
const executable = (name) => searchPath.some((folder) => folder !== '' && existsSync(join(folder, name)));

function postgresServer() {
  if (executable('postgres')) return true;
  const base = '/usr/lib/postgresql';
  return existsSync(base) && readdirSync(base).some((version) => existsSync(join(base, version, 'bin/postgres')));
}

/** Debian keeps Kamailio's modules below the machine's triplet, some of them in packages of their own. */
const kamailioModule = (name) => readdirSync('/usr/lib').some((triplet) => existsSync(join('/usr/lib', triplet, 'kamailio/modules', `${name}.so`)));

/** Debian package name → whether its program is there. */
const present = {
  'sip-tester': () => executable('sipp'),
  kamailio: () => executable('kamailio'),
  'kamailio-tls-modules': () => kamailioModule('tls'),
  'kamailio-websocket-modules': () => kamailioModule('websocket'),
  baresip: () => executable('baresip'),
  'linphone-cli': () => executable('linphonec'),
  curl: () => executable('curl'),
  iproute2: () => executable('ip'),
  nftables: () => executable('nft'),
  'rtpengine-daemon': () => executable('rtpengine'),
  chromium: () => executable('chromium'),
  postgresql: postgresServer,
};

/** The packages of `names` whose program is not on this machine. */
export const missingPackages = (names) => names.filter((name) => !present[name]());

const aptGet = (args) =>
  spawnSync('apt-get', args, {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 10 * 60_000,
  }).status === 0;

/** Installs packages when this is root on Debian; says nothing when it cannot, the caller looks again. */
export function tryInstall(names) {
  if (names.length === 0 || process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return;
  process.stderr.write(`signalbox: installing ${names.join(' ')} with apt-get ...\n`);
  // Debian starts services of fresh packages; tests start their own, so nothing may hold a port here.
  const install = ['-o', 'Dpkg::Use-Pty=0', '-qq', '-y', '--no-install-recommends', 'install', ...names];
  if (!aptGet(install) && aptGet(['-qq', 'update'])) aptGet(install);
}
