import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Runs the tests, or the files that are named, at the whole size of their proofs: `npm run test:thorough -- FILE…`. */
const vitest = join(import.meta.dirname, '..', 'node_modules', '.bin', 'vitest');
const config = join(import.meta.dirname, 'vitest.config.ts');
const run = spawnSync(vitest, ['run', '--config', config, ...process.argv.slice(2)], {
  env: { ...process.env, DAYBOOK_THOROUGH: '1' },
  stdio: 'inherit',
});
process.exitCode = run.status ?? 1;
