import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** `npm test` runs everything that needs nothing but npm; the contract tests against real parts run from `.ci/run`. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    exclude: ['contract/**'],
    globalSetup: ['database/global-setup.ts'],
    // Most tests wait for PostgreSQL: two at once are faster even on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
