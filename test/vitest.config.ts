import { defineConfig } from 'vitest/config';

/** `npm test` runs everything that needs nothing but npm; the contract tests against real parts run from `.ci/run`. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    exclude: ['contract/**'],
    globalSetup: ['database/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
