import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { capacityTables } from '../../terraform/capacity/tables.ts';
import { FUNCTIONS } from '../index.ts';
import { functionsFile } from './functions-file.ts';
import { metricsFile } from './metrics-file.ts';
import { fill, fillReadme } from './readme-parts.ts';
import { fillSignals } from './signal-table.ts';
import { statePictures } from './state-pictures.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const OPERATIONS = 'shared/operations/README.md';
const CAPACITY = 'terraform/CAPACITY.md';

/** Writes the pictures and tables that come from the manifests, the variables and the transitions; `--check` only says what has drifted. */
const manifests = FUNCTIONS.map(({ manifest }) => manifest);
const files = [
  { path: 'README.md', text: fillReadme(readFileSync(join(ROOT, 'README.md'), 'utf8'), manifests) },
  { path: 'shared/states/README.md', text: statePictures() },
  { path: OPERATIONS, text: fillSignals(readFileSync(join(ROOT, OPERATIONS), 'utf8')) },
  { path: CAPACITY, text: fill(readFileSync(join(ROOT, CAPACITY), 'utf8'), 'capacity', capacityTables()) },
  { path: 'terraform/generated/functions.json', text: functionsFile(manifests) },
  { path: 'terraform/generated/metrics.json', text: metricsFile() },
];
const drifted = files.filter(({ path, text }) => textOf(join(ROOT, path)) !== text);
if (process.argv.includes('--check') && drifted.length > 0) {
  console.error(
    `Generated files do not match their sources: ${drifted.map(({ path }) => path).join(', ')}. Run "npm run generate" and commit the result.`,
  );
  process.exitCode = 1;
} else {
  for (const { path, text } of drifted) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
    console.log(`wrote ${path}`);
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
