/** The suites of `npm test`. Two lanes run side by side: one works the processor, the other mostly waits for processes. */
import { inRoot } from './project.mjs';

const bin = (path) => inRoot('node_modules', path);

/**
 * `command`: a check that passes or fails as one; `folders`: Vitest runs them and each test counts.
 * `serial`: one file at a time, because its tests load the machine. `packages`: Debian names. `root`: makes network namespaces.
 * `lane: 'processes'`: runs beside the suites of the other lane; each lane keeps its order, what fails cheapest first.
 */
export const suites = [
  { name: 'types', command: [bin('typescript/bin/tsc'), '-p', 'tsconfig.json'] },
  { name: 'types-web', command: [bin('typescript/bin/tsc'), '-p', 'web/tsconfig.json'] },
  { name: 'lint', command: [bin('oxlint/bin/oxlint'), '--deny-warnings'] },
  { name: 'architecture', folders: ['test/architecture'] },
  { name: 'unit', folders: ['test/unit'] },
  { name: 'torture', folders: ['test/torture'] },
  { name: 'model', folders: ['test/model'] },
  { name: 'fuzz', folders: ['test/fuzz'] },
  { name: 'integration', folders: ['auth', 'controlplane', 'dataplane', 'dns', 'health', 'import', 'live', 'push', 'transport', 'workers'].map((name) => `test/integration/${name}`), env: { SIGNALBOX_TEST_DATABASE: 'pglite' } },
  // What the kernel deals out to two workers looks to everybody like one.
  { name: 'integration-workers', folders: ['test/integration/dataplane', 'test/integration/transport'], env: { SIGNALBOX_TEST_WORKERS: '2' } },
  { name: 'integration-postgresql', folders: ['controlplane', 'auth', 'import', 'live', 'push'].map((name) => `test/integration/${name}`), env: { SIGNALBOX_TEST_DATABASE: 'postgres' }, packages: ['postgresql'] },
  { name: 'integration-media', folders: ['test/integration/media'], serial: true, lane: 'processes', packages: ['rtpengine-daemon'] },
  { name: 'integration-media-kernel', folders: ['test/integration/media-kernel'], serial: true, lane: 'processes', packages: ['nftables', 'iproute2'], root: true },
  { name: 'conformance', folders: ['test/conformance/signalbox'], serial: true, lane: 'processes' },
  { name: 'conformance-workers', folders: ['test/conformance/signalbox'], serial: true, lane: 'processes', env: { SIGNALBOX_TEST_WORKERS: '2' } },
  { name: 'conformance-kamailio', folders: ['test/conformance/kamailio'], serial: true, lane: 'processes', packages: ['kamailio', 'kamailio-tls-modules', 'kamailio-websocket-modules'] },
  { name: 'lossy-link', folders: ['test/conformance/lossy'], serial: true, lane: 'processes' },
  { name: 'e2e', folders: ['test/e2e/edge'], serial: true, lane: 'processes' },
  { name: 'e2e-workers', folders: ['test/e2e/edge'], serial: true, lane: 'processes', env: { SIGNALBOX_TEST_WORKERS: '2' } },
  { name: 'e2e-sipp', folders: ['test/e2e/sipp'], serial: true, lane: 'processes', packages: ['sip-tester', 'kamailio'] },
  { name: 'e2e-phone', folders: ['test/e2e/phone'], serial: true, lane: 'processes', packages: ['kamailio', 'baresip', 'linphone-cli'] },
  { name: 'e2e-web-phone', folders: ['test/e2e/web-phone'], serial: true, lane: 'processes', packages: ['kamailio', 'baresip', 'chromium', 'rtpengine-daemon'] },
  { name: 'e2e-media', folders: ['test/e2e/media'], serial: true, lane: 'processes', packages: ['baresip', 'rtpengine-daemon'] },
  { name: 'e2e-media-namespaces', folders: ['test/e2e/media-namespaces'], serial: true, lane: 'processes', packages: ['nftables', 'iproute2', 'baresip'], root: true },
  { name: 'e2e-readme', folders: ['test/e2e/readme'], serial: true, lane: 'processes', packages: ['curl'] },
  { name: 'e2e-clone', folders: ['test/e2e/clone'], serial: true, lane: 'processes' },
  { name: 'e2e-postgresql', folders: ['test/e2e/postgresql'], serial: true, lane: 'processes', packages: ['postgresql'] },
  { name: 'browser', folders: ['test/browser'], serial: true, packages: ['chromium'] },
];
