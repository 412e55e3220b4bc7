import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { pick, seedOf } from '../local-cloud/telemetry/chance.ts';
import { type Kept, postgresProcess, readKept, startLocalCloud, temporaryDirectory } from './local-stack.ts';

const SEED = process.env.DAYBOOK_KILL_SEED ?? 'october';
const MOMENTS = 20;
const CHAINS = 2;
const KILLS_PER_CHAIN = MOMENTS / CHAINS;
const MINUTES = 60_000;
const STARTED = 'Daily aggregation';

/** How long a start takes until the month runs, and how long all of it takes, in milliseconds. */
interface Durations {
  readonly toStart: number;
  readonly whole: number;
}

describe(`killed at ${MOMENTS} moments (DAYBOOK_KILL_SEED=${SEED})`, () => {
  test(`promise 1: SIGKILL at any moment of the month, and the next start ends in the same invoices`, {
    timeout: 15 * MINUTES,
  }, async () => {
    const reference = temporaryDirectory(0o711);
    const began = performance.now();
    const undisturbed = startLocalCloud({ dataDirectory: reference.path });
    await undisturbed.untilWritten(STARTED);
    const toStart = performance.now() - began;
    expect((await undisturbed.ended).code).toBe(0);
    const durations = { toStart, whole: performance.now() - began };
    const expected = outcomeOf(await readKept(reference.path));
    reference.remove();

    for (let chain = 0; chain < CHAINS; chain += 1) {
      const directory = temporaryDirectory(0o711);
      onTestFinished(() => {
        killPostgres(directory.path);
        directory.remove();
      });
      const moments = momentsOf(chain, durations);
      await killAt(directory.path, moments);
      const last = await startLocalCloud({ dataDirectory: directory.path }).ended;
      const context = `seed ${SEED}, chain ${chain}, killed at ${moments.map(Math.round).join(', ')} ms\n${last.stdout}\n${last.stderr}`;
      expect(last.code, context).toBe(0);
      expect(outcomeOf(await readKept(directory.path)), context).toEqual(expected);
    }
  });
});

/**
 * Milliseconds after each start of a chain, so that together they spread over the whole of the month. Two of them fall
 * into its last tenth, in which the run is rated, signed off and issued.
 */
function momentsOf(chain: number, { toStart, whole }: Durations): number[] {
  const seed = seedOf(`${SEED} ${chain}`);
  const share = 1_000_000;
  const points = Array.from({ length: KILLS_PER_CHAIN }, (_, index) => {
    const drawn = pick(seed, index, share) / share;
    return whole * (index < 2 ? 0.9 + 0.1 * drawn : drawn);
  }).sort((a, b) => a - b);
  return points.map((point, index) => {
    const before = points[index - 1];
    return before === undefined ? point : point - before + (before > toStart ? toStart : 0);
  });
}

/** Starts and kills, once for each moment. A start that ended before its moment is killed earlier the next time. */
async function killAt(dataDirectory: string, moments: readonly number[]): Promise<void> {
  for (const [index, moment] of moments.entries()) {
    for (let wait = moment; ; wait /= 2) {
      const running = startLocalCloud({ dataDirectory });
      const survived = await Promise.race([running.ended.then(() => true), delay(wait, false)]);
      if (survived) continue;
      running.process.kill('SIGKILL');
      if ((await running.ended).code !== null) continue;
      if (index % 2 === 1) killPostgres(dataDirectory);
      break;
    }
  }
}

/** Every other time the database dies with it, as when a whole machine goes. */
function killPostgres(dataDirectory: string): void {
  const pid = postgresProcess(dataDirectory);
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}

/** What must be the same after any kills: ids in Stripe depend on the order in which invoices went there. */
function outcomeOf({ invoices, counts, stripe }: Kept) {
  const stripeTotals = new Map(stripe.map(({ id, total, lines }) => [id, { total, lines }]));
  return {
    invoices: invoices.map(({ invoice_id, status, total, document_digest, stripe_invoice_id }) => ({
      invoice_id,
      status,
      total,
      document_digest,
      inStripe: stripeTotals.get(stripe_invoice_id ?? ''),
    })),
    stripeInvoices: stripe.length,
    counts,
  };
}
