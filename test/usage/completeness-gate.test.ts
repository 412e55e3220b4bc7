import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CollectOutcome, collectRun } from '../../shared/billing/collect-run.ts';
import { billingPeriod, periodDays } from '../../shared/calendar/billing-period.ts';
import { daysOf } from '../../shared/calendar/utc-day.ts';
import type { Transaction } from '../../shared/database/database.ts';
import type { Query } from '../../shared/database/query.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import type { Cell } from '../../shared/usage/cell.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { Random } from '../rating/random.ts';
import { scaled } from '../scale.ts';

/** A month of 28 days: 4 regions × 3 sources × 28 days are 336 cells. */
const PERIOD = billingPeriod('2026-02');
const DAYS = daysOf(periodDays(PERIOD));
const REGIONS = ['africa-south1', 'asia-east1', 'europe-west1', 'us-east1'];
const SOURCES = ['data-gb', 'peak', 'requests'];
const CELLS: readonly Cell[] = REGIONS.flatMap((region) =>
  SOURCES.flatMap((source) => DAYS.map((day) => ({ region, source, day }))),
);
const EFFECTS = { ...systemEffects(), now: () => new Date('2026-03-01T02:00:00Z') };
const SEED = 20_261_124;
/** For the whole size on a busy machine. */
const PATIENCE_MS = 300_000;

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await db.owner.query(`
    insert into principals (principal, kind, roles) values ('person:omar', 'person', '{operator}'), ('person:ben', 'person', '{approver}')`);
  await db.owner.query(`insert into regions select region, 'EU', '2026-02-01' from unnest($1::text[]) region`, [
    REGIONS,
  ]);
  await db.owner.query(
    `insert into metrics select replace(source, '-', '_'), source, 'unit', 'sum', 1 from unnest($1::text[]) source`,
    [SOURCES],
  );
  await db.owner.query(
    `insert into usage_sources select source, 1, replace(source, '-', '_'), region, '{}', 'sha256:c', '2026-02-01'
     from unnest($1::text[]) source, unnest($2::text[]) region`,
    [SOURCES, REGIONS],
  );
  await db.owner.query(`
    insert into checkpoints (region, source_id, source_version, metric, day, status, started_at)
    select region, source_id, 1, metric, day, 'running', '2026-03-01' from usage_sources, generate_series('2026-02-01'::date, '2026-02-28', '1 day') day`);
  await db.owner.query(`
    update checkpoints set status = 'complete', revision = 1, row_count = 0, total = 0, digest = 'sha256:0', evidence = '{}', finished_at = '2026-03-01'`);
  // They were judged as they came; here only their presence counts.
  await db.owner.query(`insert into checkpoint_judgements select checkpoint_id, '2026-03-01' from checkpoints`);
});
afterAll(() => db.remove());

type CellArrays = {
  readonly regions: readonly string[];
  readonly sources: readonly string[];
  readonly days: readonly string[];
};

const MISSING = 'unnest($1::text[], $2::text[], $3::date[]) m (region, source_id, day)';
const parameters = ['regions', 'sources', 'days'] as const;
const LOSE: Query<CellArrays, never> = {
  name: 'test_lose_cells',
  parameters,
  text: `update checkpoints c set status = 'superseded' from ${MISSING} where (c.region, c.source_id, c.day) = (m.region, m.source_id, m.day)`,
};
const PROPOSE: Query<CellArrays, never> = {
  name: 'test_propose_waivers',
  parameters,
  text: `with actor as materialized (select set_config('daybook.actor', 'person:omar', true))
    insert into completeness_waivers (region, source_id, day, status, author, why, proposed_at)
    select m.region, m.source_id, m.day, 'proposed', 'person:omar', 'lost', '2026-03-01' from actor, ${MISSING}`,
};
const APPROVE: Query<CellArrays, never> = {
  name: 'test_approve_waivers',
  parameters,
  text: `with actor as materialized (select set_config('daybook.actor', 'person:ben', true))
    update completeness_waivers w set status = 'approved', approver = 'person:ben', waived_at = '2026-03-01'
    from actor, ${MISSING} where (w.region, w.source_id, w.day) = (m.region, m.source_id, m.day)`,
};
interface Look {
  readonly outcome: CollectOutcome;
  readonly status: string;
  readonly facts: number;
  readonly pinned: number;
}
const LOOK: Query<object, Omit<Look, 'outcome'>> = {
  name: 'test_look_at_run',
  parameters: [],
  text: `select (select status::text from billing_runs) as status, (select count(*)::int from outbox where topic = 'period.completed') as facts,
    (select count(*)::int from run_checkpoints) as pinned`,
};

/** Carries what was seen out of a transaction that leaves nothing behind. */
class Undone extends Error {
  readonly seen: readonly Look[];
  constructor(seen: readonly Look[]) {
    super('rolled back on purpose');
    this.seen = seen;
  }
}

/** Looks at the period without some cells, and again after each of the steps that waive some of them. */
async function looks(missing: readonly Cell[], ...waived: readonly (readonly Cell[])[]): Promise<readonly Look[]> {
  try {
    await db.database.transaction({ actor: 'service:validate-usage', why: 'test' }, async (transaction) => {
      await transaction.rows(LOSE, arraysOf(missing));
      const seen = [await look(transaction)];
      for (const cells of waived) {
        await transaction.rows(PROPOSE, arraysOf(cells));
        seen.push(await look(transaction));
        await transaction.rows(APPROVE, arraysOf(cells));
        seen.push(await look(transaction));
      }
      throw new Undone(seen);
    });
  } catch (error) {
    if (error instanceof Undone) return error.seen;
    throw error;
  }
  throw new Error('the transaction was to be undone');
}

async function look(transaction: Transaction): Promise<Look> {
  const outcome = await collectRun(transaction, EFFECTS, PERIOD);
  const seen = await transaction.first(LOOK, {});
  if (seen === undefined) throw new Error('there is no run');
  return { outcome, ...seen };
}

function arraysOf(cells: readonly Cell[]): CellArrays {
  return {
    regions: cells.map(({ region }) => region),
    sources: cells.map(({ source }) => source),
    days: cells.map(({ day }) => day),
  };
}

const waits: Look = { outcome: 'collecting', status: 'collecting', facts: 0, pinned: 0 };
const starts = (missing: number): Look => ({
  ...{ outcome: 'pinned', status: 'complete', facts: 1 },
  pinned: CELLS.length - missing,
});

describe('promise 3: pricing starts only when every cell is complete or waived', () => {
  test('the whole matrix starts it', async () => {
    expect(CELLS).toHaveLength(336);
    expect(await looks([])).toEqual([starts(0)]);
  });

  test(
    'every single cell that is missing stops it, proposed or not, until its waiver is approved',
    async () => {
      const step = scaled(13, 1);
      const wrong: string[] = [];
      for (const cell of CELLS.filter((_cell, index) => index % step === 0)) {
        const seen = await looks([cell], [cell]);
        if (JSON.stringify(seen) !== JSON.stringify([waits, waits, starts(1)]))
          wrong.push(`${cell.region}/${cell.source}/${cell.day}: ${JSON.stringify(seen)}`);
      }
      expect(wrong).toEqual([]);
    },
    PATIENCE_MS,
  );

  test(
    'each of the 2^4 subsets of regions, and random subsets of cells, stop it until the last of them is waived',
    async () => {
      const random = new Random(SEED);
      const wrong: string[] = [];
      for (let turn = 0; turn < scaled(24, 200); turn += 1) {
        const missing = subset(turn, random);
        const [last, ...others] = missing;
        const seen = await looks(missing, others, last === undefined ? [] : [last]);
        const expected =
          last === undefined
            ? [starts(0), ...Array.from({ length: 4 }, () => ({ ...starts(0), outcome: 'unchanged' as const }))]
            : [waits, waits, waits, waits, starts(missing.length)];
        if (JSON.stringify(seen) !== JSON.stringify(expected))
          wrong.push(`turn ${turn} of seed ${SEED}, ${missing.length} missing: ${JSON.stringify(seen)}`);
      }
      expect(wrong).toEqual([]);
    },
    PATIENCE_MS,
  );
});

/** The first 16 turns leave out whole regions, each combination once; the others any cells, from few to almost all. */
function subset(turn: number, random: Random): readonly Cell[] {
  if (turn < 2 ** REGIONS.length) return CELLS.filter(({ region }) => ((turn >> REGIONS.indexOf(region)) & 1) === 1);
  const percent = 1 + random.below(99);
  const chosen = CELLS.filter(() => random.below(100) < percent);
  return chosen.length > 0 ? chosen : CELLS.slice(0, 1);
}
