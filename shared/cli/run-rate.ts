import { collectRun } from '../billing/collect-run.ts';
import { rateShard } from '../billing/rate-shard.ts';
import { type BillingPeriod, periodDays } from '../calendar/billing-period.ts';
import { billingRunFind, runShardList } from '../database/queries.generated.ts';
import { isComplete } from '../usage/completeness.ts';
import type { ActingSession } from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import { readRun } from './run-state.ts';
import { money } from './terminal/figures.ts';
import { statusPaint } from './terminal/status-paint.ts';
import { counted } from './terminal/table.ts';

/**
 * Looks at a period as validate-usage does, and rates its waiting shards as price-usage does, one transaction each. The
 * functions may work on the same run at the same time: each shard is rated once.
 */
export async function rateRun(session: ActingSession, period: BillingPeriod): Promise<CommandOutcome> {
  const { database, effects, actor } = session;
  const intent = { actor, why: `daybook run rate ${period}` };
  const before = await database.first(billingRunFind, { run_id: period });
  // Looked at first, so that a mistyped period does not open a run.
  if (!(await isComplete(database, periodDays(period)))) {
    const message = `${period} is not complete, and nothing is priced before it is. See daybook usage completeness --period ${period}.`;
    return refused('period_incomplete', message);
  }
  await database.transaction(intent, (transaction) => collectRun(transaction, effects, period));
  const run = await database.first(billingRunFind, { run_id: period });
  if (run === undefined) throw new Error(`run ${period} was there a moment ago and is gone`);
  if (run.approver !== null) {
    return refused(
      'already_signed_off',
      `Run ${period} is ${run.status}: it was signed off by ${run.approver}, and its invoices stand.`,
    );
  }
  const shards = await database.rows(runShardList, { run_id: period, fencing_token: run.fencing_token });
  const waiting = shards.filter((shard) => shard.status === 'waiting');
  for (const { shard } of waiting) {
    await database.transaction(intent, (transaction) =>
      rateShard(transaction, effects, { runId: period, fencingToken: run.fencing_token, shard }),
    );
  }
  const publication = await session.publish();
  const state = await readRun(database, period);
  if (state === undefined) throw new Error(`run ${period} was there a moment ago and is gone`);
  const droppedBack = before !== undefined && before.fencing_token < run.fencing_token;
  return {
    kind: 'done',
    value: {
      run: period,
      status: state.status,
      ratedShards: waiting.length,
      droppedBack,
      totals: state.totals,
      publication,
    },
    text: (style) =>
      [
        `${style.bold(`Run ${period}`)}: ${statusPaint(state.status, style)}; ${waiting.length === 0 ? 'everything was rated before' : `${counted(waiting.length, 'shard')} rated`}`,
        ...(droppedBack ? [style.warning('its inputs had changed, so that it was rated anew')] : []),
        ...state.totals.map(
          (total) =>
            `${money(total.totalMinor, total.currency)} on ${counted(total.invoices, 'invoice')}, ${total.held} held`,
        ),
        ...(publication.kind === 'waiting' ? [style.warning(publication.message)] : []),
        `next: daybook run show ${period}`,
      ].join('\n'),
  };
}
