import type pg from 'pg';
import type { StripeStandIn } from '../local-cloud/stripe/server.ts';
import type { SimulatedWorld } from './world.ts';

/** What a month comes to, without times, generated ids and counts of attempts: text lines by section, sorted. */
export type MonthState = Readonly<Record<string, readonly string[]>>;

/** Each gives one column, `line`. */
const SECTIONS: Readonly<Record<string, string>> = {
  checkpoints: `
    select format('%s/%s/%s@%s is %s: %s, %s rows, total %s', region, source_id, day, revision, status, digest, row_count, total) as line
    from checkpoints where status in ('complete', 'superseded')`,
  usage: `
    select format('%s/%s/%s@%s %s of %s: %s', c.region, c.source_id, c.day, c.revision, u.project_id, u.customer_id, u.quantity) as line
    from usage_daily u join checkpoints c using (checkpoint_id)`,
  snapshots: `
    select format('%s/%s/%s as of %s: %s rows, %s', region, source_id, day, as_of, row_count,
      (select sum(quantity) from usage_snapshot_rows r where (r.region, r.source_id, r.day) = (s.region, s.source_id, s.day))) as line
    from usage_snapshots s`,
  months: `select format('%s is %s: %s rows, %s', month, status, row_count, totals) as line from usage_partitions`,
  seals: `select format('%s is sealed', day) as line from audit_seals`,
  voids: `select format('void of %s is %s, by %s and %s', invoice_id, status, author, approver) as line from invoice_voids`,
  runs: `
    select format('%s is %s, token %s, inputs %s, totals %s, by %s and %s', run_id, status, fencing_token, inputs_digest, totals, author, approver) as line
    from billing_runs`,
  shards: `select format('%s#%s/%s of %s is %s', run_id, fencing_token, shard, customers, status) as line from run_shards`,
  pinned: `
    select format('%s#%s rests on %s/%s/%s@%s', p.run_id, p.fencing_token, c.region, c.source_id, c.day, c.revision) as line
    from run_checkpoints p join checkpoints c using (checkpoint_id)`,
  invoices: `
    select format('%s is %s: %s %s, %s, hold %s, in Stripe %s', invoice_id, status, total, currency, document_digest, hold_reason, stripe_invoice_id is not null) as line
    from invoices`,
  charges: `
    select format('%s#%s %s %s %s: %s = %s %s by %s, plan %s, parameters %s, usage %s', run_id, fencing_token, customer_id, purpose, line_key,
      exact, amount, currency, formula_digest, plan_version, parameters_digest, usage_digest) as line
    from charges`,
  reratings: `
    select format('%s#%s is on %s because of %s', run_id, rerating, inputs_digest, cause) as line from reratings
    union all select format('%s#%s/%s of %s is %s', run_id, rerating, shard, customers, status) from rerating_shards`,
  adjustments: `
    select format('%s is %s: %s − %s = %s %s, %s, on %s', adjustment_id, status, corrected, billed, total, currency, inputs_digest, invoice_id) as line
    from adjustments`,
  credits: `select format('%s is %s: %s %s on %s', credit_id, status, amount, currency, invoice_id) as line from credits`,
  requests: `
    select format('%s %s is %s under %s: %s', invoice_id, step, status, regexp_replace(idempotency_key, ':replacement-[0-9]+$', ''), body_digest) as line
    from stripe_requests`,
  exceptions: `
    select format('%s of %s is %s: %s', class, subject, status, reason) as line from exceptions where status not in ('resolved', 'waived')`,
  alerts: `select format('%s, sent %s', title, sent_at is not null) as line from alerts`,
  dead_letters: `select format('%s: %s', subscription, reason) as line from dead_letters`,
  // Of a seal its day: its hashes cover times and ids. Stripe's ids follow the order in which it was told.
  facts: `
    select distinct topic || ' ' || regexp_replace(((body::jsonb -> 'data') - 'checkpointId' - 'stripeInvoiceId'
      - case topic when 'audit.sealed' then '{hash,seal,sequence}'::text[] else '{}' end)::text, 'in_daybook\\d+', 'its copy') as line
    from outbox`,
};

/** What only a month with failures of Stripe or of single effects has: the story of those that were overcome. */
const OVERCOME = [
  /^Invoice .* could not be issued(, sent t$|: )/,
  /^invoice\.failed /,
  /^Usage of .* is incomplete(, sent t$|: )/,
  /^usage\.incomplete /,
];
const isOvercome = (line: string) => OVERCOME.some((pattern) => pattern.test(line));

/** What the tables of a database at rest say. */
export async function readTables(owner: pg.Client): Promise<MonthState> {
  const state: Record<string, readonly string[]> = {};
  for (const [section, query] of Object.entries(SECTIONS)) {
    const { rows } = await owner.query<{ line: string }>(query);
    state[section] = rows.map(({ line }) => line).sort();
  }
  return state;
}

/** Every invoice that stands in Stripe, with its lines. */
export function readStripe(stripe: StripeStandIn): readonly string[] {
  return stripe
    .invoices()
    .map(({ id, status, total, currency, metadata }) => {
      const lines = stripe.linesOf(id).map((line) => `${line.metadata.daybook_line} ${line.amount}`);
      return `${metadata.daybook_invoice_id} is ${status}: ${total} ${currency} = ${lines.sort().join(' + ')}`;
    })
    .sort();
}

/** Reads the state of a month that is at rest. */
export async function readState(world: SimulatedWorld): Promise<MonthState> {
  const state: Record<string, readonly string[]> = { ...(await readTables(world.owner)) };
  state.stripe = readStripe(world.stripe);
  state.credit_notes = world.stripe
    .creditNotes()
    .map(
      ({ metadata, total, currency, status }) =>
        `${metadata.daybook_credit_note_id} is ${status}: ${total} ${currency}`,
    )
    .sort();
  // A crash after Slack's answer tells people twice; nothing may stay untold.
  state.slack = [...new Set(world.slack.messages().map(({ text }) => text))].sort();
  return state;
}

/** What differs from the undisturbed month, line by line (promise 1). Empty when the two are equal. */
export function differencesOf(expected: MonthState, actual: MonthState): string[] {
  return Object.keys(expected).flatMap((section) => {
    const [wanted, found] = [expected[section] ?? [], actual[section] ?? []];
    const missing = wanted.filter((line) => !found.includes(line));
    const added = found.filter((line) => !wanted.includes(line) && !isOvercome(line));
    const counts = missing.length + added.length === 0 ? countsOf(wanted, found) : [];
    return [
      ...missing.map((line) => `missing: ${line}`),
      ...added.map((line) => `not expected: ${line}`),
      ...counts,
    ].map((line) => `promise 1: ${section}: ${line}`);
  });
}

/** The same line more or less often. */
function countsOf(wanted: readonly string[], found: readonly string[]): string[] {
  const times = (lines: readonly string[], line: string) => lines.filter((other) => other === line).length;
  return [...new Set(wanted)].flatMap((line) =>
    times(wanted, line) === times(found, line) || (isOvercome(line) && times(wanted, line) < times(found, line))
      ? []
      : [`${times(found, line)} times instead of ${times(wanted, line)}: ${line}`],
  );
}
