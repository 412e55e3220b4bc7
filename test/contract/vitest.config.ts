import { defineConfig } from 'vitest/config';

/** Tests of the same code against real parts, each where it is on the machine; run by `.ci/run`. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
