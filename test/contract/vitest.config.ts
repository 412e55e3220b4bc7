import { defineConfig } from 'vitest/config';

/** Tests of the same code against real parts, each where it is on the machine; run by `.ci/run`. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    // Each file starts real servers, and two cores carry one of them at a time.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
