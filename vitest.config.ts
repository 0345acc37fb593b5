import { defineConfig } from 'vitest/config';

/**
 * One place for how tests run. Folders decide what a test may use: unit, model, torture, fuzz and
 * architecture touch no network; integration opens sockets and databases; e2e and browser start the
 * real processes. `npm test` (deploy/local/test.mjs) runs them folder by folder.
 */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Conformance rows wait more than they work.
    maxConcurrency: 10,
    // Far more than any test takes: where the machine is busy a test may be slow, and one that is given up goes on beside the next.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    restoreMocks: true,
    unstubEnvs: true,
    allowOnly: process.env['CI'] === undefined,
    reporters: ['default'],
  },
});
