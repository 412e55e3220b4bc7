import type { Reader } from '../../shared/database/database.ts';
import { customerFind } from '../../shared/database/queries.generated.ts';
import { databasePace } from '../../shared/pace/database-pace.ts';
import { withDatabase } from './database.ts';
import { type Benchmark, type Comparison, timed } from './measure.ts';

const CALLS = 1_000;
/** Invoices that one instance issues at a time. */
const AT_ONCE = 20;
const LIMITS = { accountMode: 'test', account: 10_000, endpoint: 10_000 } as const;

/** Works `CALLS` times, `lanes` at a time; milliseconds for one. */
async function inLanes(lanes: number, work: () => Promise<unknown>): Promise<number> {
  const lane = async () => {
    for (let call = 0; call < CALLS / lanes; call += 1) await work();
  };
  return (await timed(() => Promise.all(Array.from({ length: lanes }, lane)))).milliseconds / CALLS;
}

/**
 * What the shared pace costs beside the calls that it paces: a grant against the read of one row by its key, through the
 * same connections.
 */
export const PACE: Benchmark = {
  name: 'pace',
  run: () =>
    withDatabase(async ({ database, effects }): Promise<readonly Comparison[]> => {
      let statements = 0;
      const counting: Reader = {
        rows: database.rows,
        first: (query, parameters) => {
          statements += 1;
          return database.first(query, parameters);
        },
      };
      const pace = databasePace(counting, effects, LIMITS);
      const grant = () => pace.take('POST /v1/invoices');
      const read = () => database.first(customerFind, { customer_id: 'acme' });
      await inLanes(AT_ONCE, grant);
      const comparisons: Comparison[] = [];
      for (const lanes of [1, AT_ONCE]) {
        statements = 0;
        const measured = { what: `a call’s grant, ${lanes} at a time`, milliseconds: await inLanes(lanes, grant) };
        const notes = [`${CALLS} calls took ${statements} statements`];
        const reference = { what: 'one row read', milliseconds: await inLanes(lanes, read) };
        comparisons.push({ name: 'pace', measured, reference, notes });
      }
      return comparisons;
    }),
};
