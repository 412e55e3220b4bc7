import { parseArgs } from 'node:util';
import { ARCHIVE } from './archive.ts';
import { CHECKPOINT } from './checkpoint.ts';
import { IMPORTS } from './imports.ts';
import type { Benchmark, Comparison, Timing } from './measure.ts';
import { PACE } from './pace.ts';
import { CANONICAL, PLANS, RATING } from './pure.ts';
import { SHARD } from './shard.ts';

const BENCHMARKS: readonly Benchmark[] = [RATING, PLANS, CANONICAL, CHECKPOINT, SHARD, PACE, IMPORTS, ARCHIVE];
const NAMES = BENCHMARKS.map(({ name }) => name).join(', ');

const HELP = `npm run bench -- [--only NAME]

Measures each part against a reference in the same run; only the ratios can be compared between machines.
Parts: ${NAMES}
`;

/** Runs the chosen parts, each with a line when it begins, and prints the table of all at the end. */
async function bench(only: string | undefined): Promise<number> {
  const chosen = BENCHMARKS.filter(({ name }) => only === undefined || name === only);
  if (chosen.length === 0) {
    process.stderr.write(`There is no benchmark "${only}"; choose one of ${NAMES}.\n`);
    return 2;
  }
  const comparisons: Comparison[] = [];
  for (const { name, run } of chosen) {
    process.stdout.write(`${name} …\n`);
    comparisons.push(...(await run()));
  }
  process.stdout.write(`\n${table(comparisons)}\n`);
  const wrong = comparisons.flatMap(({ notes }) => notes.filter((note) => note.startsWith('WRONG')));
  return wrong.length === 0 ? 0 : 1;
}

function table(comparisons: readonly Comparison[]): string {
  const rows = comparisons.flatMap(({ name, measured, reference, notes }) => [
    [name, measured.what, duration(measured), reference.what, duration(reference), ratio(measured, reference)],
    ...notes.map((note) => ['', `  ${note}`]),
  ]);
  const head = ['part', 'measured', 'time', 'against', 'time', 'ratio'];
  const full = [head, ...rows.filter((row) => row.length === head.length)];
  const widths = head.map((_, column) => Math.max(...full.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.length < widths.length
      ? `${' '.repeat(widths[0] ?? 0)}  ${row[1] ?? ''}`
      : row
          .map((cell, column) =>
            isNumeric(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
          )
          .join('  ');
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

function isNumeric(column: number): boolean {
  return column === 2 || column >= 4;
}

function ratio(measured: Timing, reference: Timing): string {
  const times = measured.milliseconds / reference.milliseconds;
  return `${times < 10 ? times.toFixed(1) : times.toFixed(0)} ×`;
}

function duration({ milliseconds }: Timing): string {
  if (milliseconds >= 1_000) return `${(milliseconds / 1_000).toFixed(2)} s`;
  return milliseconds >= 1 ? `${milliseconds.toFixed(1)} ms` : `${(milliseconds * 1_000).toFixed(1)} µs`;
}

const { values } = parseArgs({ options: { only: { type: 'string' }, help: { type: 'boolean', default: false } } });
if (values.help) process.stdout.write(HELP);
else process.exitCode = await bench(values.only);
