import type pg from 'pg';
import type { UsageRow } from '../../shared/sources/reading.ts';
import { addProjects, usageRows, withDatabase, writeCheckpoint } from './database.ts';
import { type Benchmark, median, timed } from './measure.ts';

const ROWS = 100_000;
const ROUNDS = 3;
const DAY = '2026-10-01';

const BARE_TABLE =
  'create unlogged table bare (day date, checkpoint_id bigint, region text, metric text, project_id text, customer_id text, quantity numeric)';
const BARE_INSERT = `insert into bare select '${DAY}', 1, 'us-east', 'requests', r.p, 'acme', r.q from unnest($1::text[], $2::numeric[]) r (p, q)`;

/** Writing a large checkpoint, against the bare insertion of the same rows. */
export const CHECKPOINT: Benchmark = {
  name: 'checkpoint',
  run: () =>
    withDatabase(async (bench) => {
      const projects = Array.from({ length: ROWS }, (_, index) => `project-${String(index).padStart(6, '0')}`);
      await addProjects(bench.owner, projects, ['acme', 'birch', 'cedar']);
      await bench.owner.query(BARE_TABLE);
      const times: { readonly whole: number; readonly rows: number; readonly bare: number }[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const rows = usageRows(projects, round);
        const bare = await timed(() => insertBare(bench.owner, rows));
        bench.takeTimes();
        const whole = await timed(() =>
          writeCheckpoint(bench, { region: 'us-east', source: 'requests', day: DAY }, rows),
        );
        times.push({
          whole: whole.milliseconds,
          rows: rowTimes(bench.takeTimes()),
          bare: bare.milliseconds,
        });
      }
      const whole = median(times.map((time) => time.whole));
      const inserting = median(times.map((time) => time.rows));
      return [
        {
          name: 'checkpoint',
          measured: { what: `a checkpoint of ${ROWS} rows`, milliseconds: whole },
          reference: { what: 'the same rows into a bare table', milliseconds: median(times.map((time) => time.bare)) },
          notes: [
            `${percent(inserting, whole)} staging and inserting rows with their owners, ${percent(whole - inserting, whole)} digest, total, event and the rest`,
            `${Math.round((ROWS / whole) * 1_000)} rows a second`,
          ],
        },
      ];
    }),
};

function rowTimes(times: ReadonlyMap<string, number>): number {
  return (times.get('usage_staged_insert') ?? 0) + (times.get('usage_daily_insert_staged') ?? 0);
}

async function insertBare(owner: pg.Client, rows: readonly UsageRow[]): Promise<void> {
  await owner.query(BARE_INSERT, [rows.map(({ project }) => project), rows.map(({ quantity }) => quantity)]);
}

export function percent(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)} %`;
}
