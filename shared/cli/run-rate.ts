import { collectRun, lookAtRun } from '../billing/collect-run.ts';
import { rateShard } from '../billing/rate-shard.ts';
import { failsForGood, recordShardFailure, retryShards } from '../billing/rating-failure.ts';
import { type RerateOutcome, rerateHeld } from '../billing/rerate-held.ts';
import { periodDays } from '../calendar/billing-period.ts';
import { billingRunFind, runShardList } from '../database/queries.generated.ts';
import { isComplete } from '../usage/completeness.ts';
import type { ActingSession } from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { RunName } from './run-argument.ts';
import { type RunState, readRun } from './run-state.ts';
import type { Publication } from './session.ts';
import { money } from './terminal/figures.ts';
import { statusPaint } from './terminal/status-paint.ts';
import type { Style } from './terminal/style.ts';
import { counted } from './terminal/table.ts';

/** What the command did. */
interface Rated {
  readonly state: RunState;
  readonly ratedShards: number;
  readonly failedShards: number;
  readonly rerated: RerateOutcome;
  readonly droppedBack: boolean;
  readonly publication: Publication;
}

/**
 * Looks at a run as validate-usage does, rates its waiting and failed shards as price-usage does, one transaction each,
 * and rates anew who could not be rated before. The functions may work on the same run at the same time: each shard is
 * rated once.
 */
export async function rateRun(session: ActingSession, run: RunName): Promise<CommandOutcome> {
  const { database, effects, actor } = session;
  const { runId, period } = run;
  const intent = { actor, why: `daybook run rate ${runId}` };
  const before = await database.first(billingRunFind, { run_id: runId });
  const refusal = await notReady(session, run, before !== undefined);
  if (refusal !== undefined) return refusal;
  await database.transaction(intent, async (transaction) => {
    if (run.contractId === null) await collectRun(transaction, effects, period);
    else await lookAtRun(transaction, effects, runId);
    await retryShards(transaction, effects, runId);
  });
  const now = await database.first(billingRunFind, { run_id: runId });
  if (now === undefined) throw new Error(`run ${runId} was there a moment ago and is gone`);
  const shards = await rateWaiting(session, runId, now.fencing_token);
  const rerated = await rerateHeld(session, runId, intent);
  if (now.approved_at !== null && (rerated.kind === 'not_now' || rerated.invoices === 0)) {
    return refused(
      'already_signed_off',
      `Run ${runId} is ${now.status}: it was signed off by ${now.approver ?? `the rule ${now.approval_rule}`}, and its invoices stand.`,
    );
  }
  const publication = await session.publish();
  const state = await readRun(database, runId);
  if (state === undefined) throw new Error(`run ${runId} was there a moment ago and is gone`);
  const droppedBack = before !== undefined && before.fencing_token < now.fencing_token;
  return outcomeOf({ state, ...shards, rerated, droppedBack, publication });
}

/** Looked at first, so that a mistyped period does not open a run. */
async function notReady(
  { database }: ActingSession,
  { runId, period, contractId }: RunName,
  isThere: boolean,
): Promise<CommandOutcome | undefined> {
  if (contractId !== null) {
    if (isThere) return undefined;
    return refused('no_run', `There is no run ${runId}: daybook run open --contract ${contractId} opens it.`);
  }
  if (await isComplete(database, periodDays(period))) return undefined;
  const message = `${period} is not complete, and nothing is priced before it is. See daybook usage completeness --period ${period}.`;
  return refused('period_incomplete', message);
}

async function rateWaiting(
  session: ActingSession,
  runId: string,
  fencingToken: number,
): Promise<{ readonly ratedShards: number; readonly failedShards: number }> {
  const { database, effects, actor } = session;
  const shards = await database.rows(runShardList, { run_id: runId, fencing_token: fencingToken });
  let [ratedShards, failedShards] = [0, 0];
  for (const { shard } of shards.filter(({ status }) => status === 'waiting')) {
    const key = { runId, fencingToken, shard };
    try {
      await database.transaction({ actor, why: `daybook run rate ${runId}` }, (transaction) =>
        rateShard(transaction, effects, key),
      );
      ratedShards += 1;
    } catch (error) {
      if (!failsForGood(error)) throw error;
      await recordShardFailure(session, actor, key, error);
      failedShards += 1;
    }
  }
  return { ratedShards, failedShards };
}

function outcomeOf(rated: Rated): CommandOutcome {
  const { state, ratedShards, failedShards, rerated, droppedBack, publication } = rated;
  return {
    kind: failedShards === 0 ? 'done' : 'failed',
    value: {
      run: state.run,
      status: state.status,
      ratedShards,
      failedShards,
      reratedInvoices: rerated.kind === 'rerated' ? rerated.invoices : 0,
      droppedBack,
      totals: state.totals,
      publication,
    },
    text: (style) => ratedText(rated, style),
  };
}

function ratedText(
  { state, ratedShards, failedShards, rerated, droppedBack, publication }: Rated,
  style: Style,
): string {
  const again = rerated.kind === 'rerated' && rerated.invoices > 0 ? rerated : undefined;
  const shards = ratedShards === 0 ? 'everything was rated before' : `${counted(ratedShards, 'shard')} rated`;
  return [
    `${style.bold(`Run ${state.run}`)}: ${statusPaint(state.status, style)}; ${shards}`,
    ...(failedShards === 0 ? [] : [style.bad(`${counted(failedShards, 'shard')} failed: see daybook exceptions list`)]),
    ...(again === undefined
      ? []
      : [`${counted(again.invoices, 'held customer')} rated anew, ${again.held} held again`]),
    ...(droppedBack ? [style.warning('its inputs had changed, so that it was rated anew')] : []),
    ...state.totals.map(
      (total) =>
        `${money(total.totalMinor, total.currency)} on ${counted(total.invoices, 'invoice')}, ${total.held} held`,
    ),
    ...(publication.kind === 'waiting' ? [style.warning(publication.message)] : []),
    `next: daybook run show ${state.run}`,
  ].join('\n');
}
