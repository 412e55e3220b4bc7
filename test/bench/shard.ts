import type pg from 'pg';
import { collectRun } from '../../shared/billing/collect-run.ts';
import { rateShard } from '../../shared/billing/rate-shard.ts';
import { addDays, daysOf, utcDay } from '../../shared/calendar/utc-day.ts';
import { PERIOD, REGIONS } from '../simulation/catalogue.ts';
import { percent } from './checkpoint.ts';
import { addProjects, type BenchDatabase, usageRows, withDatabase, writeCheckpoint } from './database.ts';
import { type Benchmark, median, timed } from './measure.ts';

const CUSTOMERS = 500;
const PROJECTS_PER_CUSTOMER = 2;
const DAYS = 10;
const ROUNDS = 3;
const FIRST_DAY = utcDay('2026-10-01');

/** Ends a transaction whose work was only to be timed. */
class RollBack extends Error {}

/** Rating a shard from PostgreSQL, against PostgreSQL's own sums over the same rows. */
export const SHARD: Benchmark = {
  name: 'shard',
  run: () =>
    withDatabase(async (bench) => {
      const rows = await fillMonth(bench);
      const times: {
        readonly whole: number;
        readonly reading: number;
        readonly writing: number;
        readonly sums: number;
      }[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const sums = await timed(() => bench.owner.query(SUMS));
        bench.takeTimes();
        const { milliseconds } = await timed(() => rateAndRollBack(bench));
        times.push({ ...partsOf(bench.takeTimes()), whole: milliseconds, sums: sums.milliseconds });
      }
      const of = (part: 'whole' | 'reading' | 'writing' | 'sums') => median(times.map((time) => time[part]));
      const whole = of('whole');
      return [
        {
          name: 'shard',
          measured: { what: `rating a shard of ${CUSTOMERS} customers, ${rows} rows`, milliseconds: whole },
          reference: { what: 'adding the same rows up in SQL', milliseconds: of('sums') },
          notes: [
            `reading ${percent(of('reading'), whole)}, rating ${percent(whole - of('reading') - of('writing'), whole)}, writing ${percent(of('writing'), whole)}`,
            `${Math.round((CUSTOMERS / whole) * 1_000)} customers a second`,
          ],
        },
      ];
    }),
};

const SUMS = `select customer_id, metric, project_id, sum(quantity) from usage_daily where day >= '2026-10-01' and day < '2026-11-01' group by 1, 2, 3`;

/** Customers with contracts, their usage, and a run whose first shard waits. Returns the number of usage rows. */
async function fillMonth(bench: BenchDatabase): Promise<number> {
  const { owner, database, effects } = bench;
  // The simulated month's sources end after two days, which is fixed for everyone else.
  await owner.query('set session_replication_role = replica');
  await owner.query('update usage_sources set active_to = $1', [addDays(FIRST_DAY, DAYS)]);
  await owner.query('set session_replication_role = origin');
  const customers = Array.from({ length: CUSTOMERS }, (_, index) => `a${String(index).padStart(4, '0')}`);
  await owner.query('insert into customers (customer_id, name) select c, c from unnest($1::text[]) c', [customers]);
  await addContracts(owner, customers);
  const projects = Array.from({ length: CUSTOMERS * PROJECTS_PER_CUSTOMER }, (_, index) => `project-${index}`);
  await addProjects(owner, projects, customers);
  let cells = 0;
  for (const day of daysOf({ from: FIRST_DAY, to: addDays(FIRST_DAY, DAYS) })) {
    for (const region of REGIONS) {
      await writeCheckpoint(bench, { region, source: 'requests', day }, usageRows(projects, cells));
      cells += 1;
    }
    if (day === FIRST_DAY) continue;
    await writeCheckpoint(bench, { region: 'us-east', source: 'peak', day }, usageRows(projects, cells));
    cells += 1;
  }
  await database.transaction({ actor: 'service:validate-usage', why: 'bench' }, (transaction) =>
    collectRun(transaction, effects, PERIOD, { customers: CUSTOMERS, rows: 1_000_000 }),
  );
  return cells * projects.length;
}

/** Contracts for all customers at once, through the steps that the database asks for. */
async function addContracts(owner: pg.Client, customers: readonly string[]): Promise<void> {
  const as = (actor: string) => owner.query("select set_config('daybook.actor', $1, false)", [actor]);
  await as('person:ana@example.com');
  await owner.query(
    `insert into contracts (contract_id, customer_id, mode, usage_plan_version, starts_on, status, author, diagnostics)
     select c || '-1', c, 'usage', v.plan_version, '2026-10-01', 'draft', 'person:ana@example.com', '[]'
     from unnest($1::text[]) c, plan_versions v where v.plan = 'metered'`,
    [customers],
  );
  await as('person:ben@example.com');
  await owner.query(
    `update contracts set status = 'approved', approver = 'person:ben@example.com' where status = 'draft'`,
  );
  await owner.query(`update contracts set status = 'active' where status = 'approved'`);
}

async function rateAndRollBack({ database, effects }: BenchDatabase): Promise<void> {
  const key = { runId: PERIOD, fencingToken: 1, shard: 0 };
  try {
    await database.transaction({ actor: 'service:price-usage', why: 'bench' }, async (transaction) => {
      const outcome = await rateShard(transaction, effects, key);
      throw outcome.kind === 'rated' ? new RollBack() : new Error(`the shard was not rated: ${outcome.kind}`);
    });
  } catch (error) {
    if (!(error instanceof RollBack)) throw error;
  }
}

const READING = [
  'run_shard_lock',
  'contract_list_of_customers',
  'plan_version_list_documents',
  'metric_list',
  'usage_daily_sum_pinned',
];

/** Where the time of the statements went. */
function partsOf(times: ReadonlyMap<string, number>): { readonly reading: number; readonly writing: number } {
  let [reading, writing] = [0, 0];
  for (const [name, milliseconds] of times) {
    if (READING.includes(name)) reading += milliseconds;
    else writing += milliseconds;
  }
  return { reading, writing };
}
