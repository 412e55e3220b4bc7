import type { World } from '../../functions/world.ts';
import type { Database, Reader } from '../../shared/database/database.ts';
import {
  adjustmentListDue,
  checkpointSupersede,
  completenessCount,
  inboxClaim,
  invoiceAdvance,
  invoiceApproveOfRun,
  stripeRequestCommit,
} from '../../shared/database/queries.generated.ts';
import type { Query } from '../../shared/database/query.ts';
import type { Effect } from '../../shared/effects/effects.ts';
import type { Disturbance, Strike } from './disturbance.ts';
import { UNDISTURBED } from './disturbance.ts';
import type { TracedEffect } from './seam.ts';
import type { Story } from './steps.ts';

/** A mistake that is put into the simulated world, to see that the checks find it. */
export interface PlantedBug {
  readonly name: string;
  /** SQL run by the schema's owner before the month. */
  readonly statements?: readonly string[];
  /** Changes what a process works with. */
  readonly plant?: (world: World) => World;
  /** The sign-off forgets what was reviewed. */
  readonly forgetsReview?: true;
  /** The story in which it does harm; `close` unless it says otherwise. */
  readonly story?: Story;
  /** Messages are acknowledged before they are dealt with. */
  readonly acknowledgesEarly?: true;
  /** The month in which the bug does harm; without the bug it is a good one. */
  readonly month: (trace: readonly TracedEffect[]) => Disturbance;
  /** What the checks must say of it. */
  readonly caughtAs: RegExp;
}

type Parameters = Readonly<Record<string, unknown>>;

/** Replaces the text and the parameters of one query in a process. */
function rewrite<P, R>(query: Query<P, R>, text: string, change?: (parameters: Parameters) => Parameters) {
  const inDatabase = rewriteIn(query, text, change);
  return (world: World): World => ({ ...world, database: inDatabase(world.database) });
}

/** Replaces the text and the parameters of one query. */
export function rewriteIn<P, R>(
  query: Query<P, R>,
  text: string,
  change: (parameters: Parameters) => Parameters = (same) => same,
) {
  return (database: Database): Database => {
    const rewritten = <T extends Reader>(reader: T): T => {
      const rows = <Q, S>(asked: Query<Q, S>, parameters: Q): Promise<S[]> =>
        asked.name === query.name
          ? reader.rows({ ...asked, text }, change(parameters as Parameters) as Q)
          : reader.rows(asked, parameters);
      return { ...reader, rows, first: async (asked, parameters) => (await rows(asked, parameters))[0] };
    };
    return {
      ...rewritten(database),
      transaction: (intent, work) => database.transaction(intent, (transaction) => work(rewritten(transaction))),
    };
  };
}

/** The nth time that an effect of a name happens, as a strike. */
function at(
  trace: readonly TracedEffect[],
  how: Strike['how'],
  when: Strike['when'],
  name: string,
  nth = 1,
  call?: string,
): Disturbance {
  const found = trace.filter((one) => one.name === name && (call === undefined || one.call === call))[nth - 1];
  if (found === undefined) throw new RangeError(`the month has no effect ${name} for the ${nth}. time`);
  return { ...UNDISTURBED, strikes: [{ how, effect: found.number, when }] };
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'a unique index is dropped',
    statements: ['drop index one_live_invoice_per_obligation'],
    month: () => UNDISTURBED,
    caughtAs: /^promise 4: .*one_live_invoice_per_obligation/,
  },
  {
    name: 'the index that counts failures of one subject is dropped',
    statements: ['drop index one_live_exception_per_subject'],
    month: () => UNDISTURBED,
    caughtAs: /did not succeed in 5 attempts/,
  },
  {
    name: 'an old revision stays current, and no index objects',
    statements: ['drop index one_current_checkpoint_per_cell'],
    plant: rewrite(checkpointSupersede, 'select $1::bigint'),
    month: () => UNDISTURBED,
    caughtAs: /^promise 3: one current checkpoint per required cell: .* has 2$/,
  },
  {
    name: 'messages are acknowledged before the work',
    acknowledgesEarly: true,
    month: (trace) => at(trace, 'crash', 'before', 'commit', 1, 'price-usage'),
    caughtAs: /^promise 11: .*price-usage .* was neither applied nor put aside$/,
  },
  {
    name: 'the claim of the inbox is skipped',
    plant: rewrite(
      inboxClaim,
      'select $2::uuid as event_id where $1::text is not null and $3::timestamptz is not null',
    ),
    month: () => UNDISTURBED,
    caughtAs: /^promise 11: .* was neither applied nor put aside$/,
  },
  {
    name: 'the idempotency key has the time of the attempt in it, and nobody sees what is there before a create',
    plant: (world) => withoutLookup(withTimedKeys(world)),
    month: (trace) => at(trace, 'crash', 'after', 'POST /v1/invoices'),
    caughtAs: /^promise 4: .* stands 2 times in Stripe$/,
  },
  {
    name: 'an error of publishing is swallowed',
    plant: (world) => ({
      ...world,
      publisher: {
        ...world.publisher,
        publish: (topic, messages) =>
          world.publisher.publish(topic, messages).catch((error: unknown) => {
            world.logger.log('WARNING', `not published: ${String(error)}`);
          }),
      },
    }),
    month: (trace) => at(trace, 'fail', 'before', 'period.completed'),
    caughtAs: /^promise 10: .*period\.completed .* was never published$/,
  },
  {
    name: 'a region is left out of completeness',
    plant: rewrite(
      completenessCount,
      completenessCount.text.replace('join usage_sources s on', "join usage_sources s on s.region <> 'eu-west' and"),
    ),
    month: () => UNDISTURBED,
    caughtAs: /^promise 3: a priced run rests on every required cell/,
  },
  {
    name: 'an entry of the audit log is edited',
    statements: [
      `create function soften() returns trigger language plpgsql as $$ begin new.why := 'as agreed'; return new; end $$`,
      `create trigger soften before insert on audit_log for each row when (new.action = 'billing_run.approved') execute function soften()`,
    ],
    month: () => UNDISTURBED,
    caughtAs: /^promise 16: .*altered/,
  },
  {
    name: 'a line is rounded more than once',
    statements: [
      `create function round_again() returns trigger language plpgsql as $$ begin new.amount := new.amount + 1; return new; end $$`,
      `create trigger round_again before insert on charges for each row when (new.purpose = 'billed') execute function round_again()`,
    ],
    month: () => UNDISTURBED,
    // The database refuses lines that do not add up to their invoice.
    caughtAs: /^promise 1: exceptions: .*rating_failed of 2026-10#0 is escalated: DB004$/,
  },
  {
    name: 'the sign-off does not look at what was reviewed',
    forgetsReview: true,
    month: () => UNDISTURBED,
    caughtAs: /^promise 9: 2026-10 was signed off as something else than what was reviewed$/,
  },
  {
    name: 'one customer that is held holds all',
    plant: rewrite(
      invoiceApproveOfRun,
      invoiceApproveOfRun.text.replace(
        "status = 'rated'",
        "status = 'rated' and not exists (select from invoices h where h.run_id = $1 and h.status = 'held')",
      ),
    ),
    month: () => UNDISTURBED,
    caughtAs: /^promise 19: only who is held waits/,
  },
  {
    name: 'Stripe’s invoice is compared after it was finalized',
    story: 'life',
    plant: finalizedBeforeCompared,
    month: () => UNDISTURBED,
    caughtAs: /^promise 15: .* 2026-11\/birch\/usage is 49000 here and became 49001$/,
  },
  {
    name: 'an adjustment is put on an invoice twice',
    story: 'life',
    plant: rewrite(
      adjustmentListDue,
      adjustmentListDue.text
        .replace('from adjustments', 'from adjustments a cross join generate_series(1, 2)')
        .replace('for update', 'for update of a'),
    ),
    month: () => UNDISTURBED,
    // The database refuses the shard, so that the month has no invoices.
    caughtAs: /has no invoice of 2026-11 .* shard 0 of run 2026-11 cannot be rated$/,
  },
  {
    name: 'a webhook sets an amount',
    plant: rewrite(
      invoiceAdvance,
      invoiceAdvance.text.replace('set status', "set total = total + ($1::text = 'paid')::int, status"),
    ),
    month: () => UNDISTURBED,
    // The database refuses it, however often the webhook comes.
    caughtAs: /^promise 17: invoice\.paid was not taken in 12 attempts/,
  },
];

const withTimedKeys = rewrite(
  stripeRequestCommit,
  stripeRequestCommit.text.replace('do nothing', 'do update set idempotency_key = excluded.idempotency_key'),
  (parameters) => ({
    ...parameters,
    idempotency_key: `${String(parameters.idempotency_key)}:${(parameters.committed_at as Date).toISOString()}`,
  }),
);

/** The drafts are finalized as soon as the first of them is read back, whatever it says. */
function finalizedBeforeCompared(world: World): World {
  const { effects, configuration } = world;
  const base = `${configuration.stripeApiBase}/v1/invoices`;
  const headers = { authorization: `Bearer ${configuration.stripeApiKey}` };
  const finalizeDrafts = async () => {
    const listed = await fetch(`${base}?status=draft&limit=100`, { headers });
    const { data } = (await listed.json()) as {
      readonly data: readonly { readonly id: string; readonly total: number }[];
    };
    for (const { id, total } of data) if (total > 0) await fetch(`${base}/${id}/finalize`, { method: 'POST', headers });
  };
  const hasty: World['effects'] = {
    ...restOf(effects),
    perform: async (effect, run) => {
      const answer = await effects.perform(effect, run);
      if (effect.name === 'GET /v1/invoices/:id') await finalizeDrafts();
      return answer;
    },
  };
  return { ...world, effects: hasty };
}

const restOf = (effects: World['effects']): Omit<World['effects'], 'perform'> => ({
  now: () => effects.now(),
  uuid: () => effects.uuid(),
  fraction: () => effects.fraction(),
});

/** Stripe's list of invoices is read and comes out empty. */
function withoutLookup(world: World): World {
  const { effects } = world;
  const blind: World['effects'] = {
    ...restOf(effects),
    perform: async <T>(effect: Effect, run: () => Promise<T>): Promise<T> => {
      const answer = await effects.perform(effect, run);
      if (effect.name !== 'GET /v1/invoices') return answer;
      return new Response(JSON.stringify({ object: 'list', data: [], has_more: false })) as T;
    },
  };
  return { ...world, effects: blind };
}
