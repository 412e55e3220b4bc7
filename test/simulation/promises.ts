import { checkPromises } from '../../shared/audit/promises.ts';
import { verifyAuditLog } from '../../shared/audit/verify.ts';
import { type Database, openDatabase } from '../../shared/database/database.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import type { InvoiceObject } from '../local-cloud/stripe/objects.ts';
import { SUBSCRIPTIONS } from './messages.ts';
import type { SimulatedWorld } from './world.ts';

/** A promise that the data of a month at rest must keep by itself, whatever the undisturbed month looks like. */
interface PromiseCheck {
  readonly promise: number;
  readonly title: string;
  /** One sentence for each breach. */
  readonly find: (world: SimulatedWorld) => Promise<string[]>;
}

/** The breaches of every promise, each beginning with `promise N:`. */
export async function brokenPromises(world: SimulatedWorld): Promise<string[]> {
  const broken: string[] = [];
  for (const { promise, title, find } of CHECKS) {
    for (const breach of await find(world)) broken.push(`promise ${promise}: ${title}: ${breach}`);
  }
  return broken;
}

/** A check by SQL: each row's `what` is a breach. */
function bySql(promise: number, title: string, query: string): PromiseCheck {
  return {
    promise,
    title,
    find: async (world) => (await world.owner.query<{ what: string }>(query)).rows.map(({ what }) => what),
  };
}

/** Unique indexes that hold a money rule by themselves, by the promise that they are for. */
const GUARDS = [
  [3, 'one_current_checkpoint_per_cell'],
  [4, 'one_live_invoice_per_obligation'],
  [4, 'stripe_requests_pkey'],
  [4, 'stripe_requests_idempotency_key_key'],
  [9, 'one_active_run_per_scope'],
  [9, 'one_writer_per_cell'],
  [11, 'inbox_pkey'],
  [12, 'same_inputs_are_computed_once'],
  [12, 'one_credit_note_per_adjustment_and_invoice'],
  [17, 'stripe_events_pkey'],
] as const;

const CHECKS: readonly PromiseCheck[] = [
  bySql(
    2,
    'lines add up to the subtotal',
    `select invoice_id || ' has ' || subtotal || ', its lines ' || sum || ', its total ' || total as what from (
      select i.invoice_id, i.subtotal, i.total, coalesce(sum(c.amount), 0) as sum from invoices i left join charges c using (invoice_id) group by i.invoice_id) s
     where sum <> subtotal or total <> subtotal`,
  ),
  bySql(
    3,
    'one current checkpoint per required cell',
    `select format('%s/%s/%s has %s', s.region, s.source_id, d.day::date, count(c.checkpoint_id)) as what
     from billing_runs r cross join lateral generate_series(r.period_from, r.period_to - 1, interval '1 day') d (day)
     join usage_sources s on s.active_from <= d.day and (s.active_to is null or s.active_to > d.day)
     left join checkpoints c on c.day = d.day and c.region = s.region and c.source_id = s.source_id and c.status = 'complete'
     group by r.run_id, s.region, s.source_id, d.day having count(c.checkpoint_id) <> 1`,
  ),
  bySql(
    3,
    'a priced run rests on every required cell',
    `select format('%s#%s lacks %s/%s/%s', h.run_id, h.fencing_token, s.region, s.source_id, d.day::date) as what
     from (select distinct run_id, fencing_token from run_shards) h join billing_runs r using (run_id)
     cross join lateral generate_series(r.period_from, r.period_to - 1, interval '1 day') d (day)
     join usage_sources s on s.active_from <= d.day and (s.active_to is null or s.active_to > d.day)
     where not exists (select from run_checkpoints p join checkpoints c using (checkpoint_id)
       where p.run_id = h.run_id and p.fencing_token = h.fencing_token and c.day = d.day and c.region = s.region and c.source_id = s.source_id)`,
  ),
  bySql(
    4,
    'one live invoice per obligation',
    `select format('%s of %s has %s', series, customer_id, count(*)) as what from invoices
     where status not in ('void', 'superseded') group by customer_id, period, series having count(*) > 1`,
  ),
  { promise: 4, title: 'one invoice in Stripe per local one', find: invoicesInStripe },
  bySql(
    5,
    'a billed quantity is the sum of its rows',
    `select format('%s bills %s of %s', i.invoice_id, l.quantity, sum(u.quantity)) as what
     from charges l join invoices i using (invoice_id)
     join run_checkpoints p on p.run_id = l.run_id and p.fencing_token = l.fencing_token
     join usage_daily u on u.checkpoint_id = p.checkpoint_id and u.customer_id = l.customer_id and u.metric = 'requests'
     where l.line_key = 'requests' group by i.invoice_id, l.quantity having sum(u.quantity) <> l.quantity::numeric`,
  ),
  bySql(
    8,
    'only transitions in the table',
    `select format('%s went from "%s" to "%s"', l.subject, l.detail ->> 'from', l.detail ->> 'to') as what
     from audit_log l where l.detail ? 'from' and not exists (select from state_transitions t
       where t.entity = split_part(l.action, '.', 1) and t.from_state = l.detail ->> 'from' and t.to_state = l.detail ->> 'to')`,
  ),
  bySql(
    9,
    'one run, whose invoices carry its token',
    `select format('%s is %s under token %s of %s', i.invoice_id, i.status, i.fencing_token, r.fencing_token) as what
     from invoices i join billing_runs r using (run_id) where i.status not in ('superseded', 'void') and i.fencing_token <> r.fencing_token
     union all select scope || ' ' || period || ' has ' || count(*) || ' active runs' from billing_runs
       where status <> 'closed' group by scope, period having count(*) > 1`,
  ),
  { promise: 10, title: 'committed facts and published events are one to one', find: factsAndEvents },
  { promise: 11, title: 'every message was dealt with', find: messagesDealtWith },
  bySql(
    12,
    'billed + adjustments = corrected, and nothing is left to compare',
    `select format('%s corrects %s, billed is %s', a.adjustment_id, a.billed, billed_of(a.customer_id, a.run_id)) as what
     from adjustments a where a.status in ('proposed', 'approved') and a.billed <> billed_of(a.customer_id, a.run_id)
     union all select format('%s#%s/%s waits', run_id, rerating, shard) from rerating_shards where status = 'waiting'
     union all select format('%s has %s open adjustments', customer_id, count(*)) from adjustments
       where status in ('proposed', 'approved') group by customer_id, run_id having count(*) > 1`,
  ),
  { promise: 12, title: 'a credit is given once', find: creditsInStripe },
  bySql(
    14,
    // A corrected line is the difference of two rounded ones; it is held by promise 12.
    'a line is within half a minor unit of its exact value',
    `select format('%s %s is %s for %s', customer_id, line_key, amount, exact) as what
     from (select *, split_part(exact, '/', 1)::numeric as top, coalesce(nullif(split_part(exact, '/', 2), ''), '1')::numeric as bottom from charges where purpose <> 'adjustment') l
     where abs(200 * top - 2 * amount * bottom) > bottom`,
  ),
  { promise: 15, title: 'nothing is finalized in Stripe that is not ours line by line', find: finalizedOtherwise },
  { promise: 16, title: 'the audit chain holds', find: auditFaults },
  bySql(
    16,
    'every day is sealed',
    `select format('%s is not sealed, and %s is', day::date, (select max(day) from audit_seals)) as what
     from generate_series((select min(day) from audit_seals), (select max(day) from audit_seals), interval '1 day') day
     where day not in (select s.day from audit_seals s)`,
  ),
  bySql(
    17,
    'a webhook is applied once and says why it was not',
    // The draft's own event may come before its id was kept here; later ones never do.
    `select type || ' ' || event_id || ' was ignored: ' || reason as what from stripe_events
     where reason = 'contradicts_final_state' or (reason = 'unknown_invoice' and type <> 'invoice.created')`,
  ),
  { promise: 17, title: 'every webhook is kept', find: webhooksKept },
  bySql(
    18,
    'usage that is held, or that something rests on, is there',
    `select format('%s is %s, although %s holds it', month, p.status, h.author) as what
     from usage_partitions p join retention_holds h using (month) where h.status = 'in_force' and p.status in ('detached', 'dropped')
     union all select format('%s is dropped without its figures in the audit log', month) from usage_partitions
       where status = 'dropped' and not exists (select from audit_log where subject = month and detail ->> 'to' = 'dropped')`,
  ),
  bySql(
    19,
    'only who is held waits',
    `select format('%s of %s is still %s', i.invoice_id, r.run_id, i.status) as what from invoices i join billing_runs r using (run_id)
     where r.approved_at is not null and i.status = 'rated'`,
  ),
  bySql(
    20,
    'nothing is left half done',
    `select format('checkpoint %s/%s/%s is running', region, source_id, day) as what from checkpoints where status = 'running'
     union all select format('request %s of %s is %s', step, invoice_id, r.status) from stripe_requests r join invoices i using (invoice_id)
       where r.status <> 'answered' and i.status <> 'void'
     union all select format('credit %s is %s', credit_id, status) from credits where status not in ('issued', 'cancelled')
     union all select format('invoice %s is %s', invoice_id, status) from invoices where status in ('approved', 'drafted', 'verified', 'stripe_failed')
     union all select format('alert "%s" was not sent', title) from alerts where sent_at is null`,
  ),
  { promise: 16, title: 'audit verify finds nothing', find: breaches },
  ...GUARDS.map(([promise, index]) =>
    bySql(
      promise,
      'the database enforces it by itself',
      `select 'there is no valid unique index ${index}' as what
       where not exists (select from pg_index where indexrelid = to_regclass('${index}') and indisunique and indisvalid)`,
    ),
  ),
];

async function invoicesInStripe(world: SimulatedWorld): Promise<string[]> {
  const { rows } = await world.owner.query<{
    invoice_id: string;
    status: string;
    stripe_invoice_id: string | null;
    total: string;
  }>('select invoice_id, status, stripe_invoice_id, total::text from invoices');
  const byInvoice = Map.groupBy(world.stripe.invoices(), ({ metadata }) => metadata.daybook_invoice_id);
  const unknown = [...byInvoice.keys()].filter((id) => !rows.some((row) => row.invoice_id === id));
  return [
    ...unknown.map((id) => `Stripe has an invoice of ${id}, which is not ours`),
    ...rows.flatMap(({ invoice_id, status, stripe_invoice_id, total }) => {
      const copies = byInvoice.get(invoice_id) ?? [];
      if (copies.length > 1) return [`${invoice_id} stands ${copies.length} times in Stripe`];
      const [copy] = copies;
      // A draft that was voided is deleted.
      if (status === 'void' && copy === undefined) return [];
      if (copy?.id !== (stripe_invoice_id ?? undefined))
        return [`${invoice_id} is ${stripe_invoice_id} here and ${copy?.id} in Stripe`];
      return copy === undefined || String(copy.total) === total
        ? []
        : [`${invoice_id} is ${total} here and ${copy.total} in Stripe`];
    }),
  ];
}

/** By what Stripe told when it finalized: what became of the invoice later hides nothing. */
async function finalizedOtherwise(world: SimulatedWorld): Promise<string[]> {
  const { rows } = await world.owner.query<{ invoice_id: string; total: string }>(
    'select invoice_id, total::text from invoices',
  );
  const totals = new Map(rows.map(({ invoice_id, total }) => [invoice_id, total]));
  return world.stripe.events().flatMap(({ type, data }) => {
    if (type !== 'invoice.finalized') return [];
    const { metadata, total } = data.object as InvoiceObject;
    const invoiceId = metadata.daybook_invoice_id ?? '';
    const ours = totals.get(invoiceId);
    return String(total) === ours ? [] : [`${invoiceId} is ${ours} here and became ${total}`];
  });
}

async function creditsInStripe(world: SimulatedWorld): Promise<string[]> {
  const { rows } = await world.owner.query<{ credit: string }>(
    `select credit_id || ' of ' || amount as credit from credits where status = 'issued' and kind = 'credit_note' order by 1`,
  );
  const here = rows.map(({ credit }) => credit);
  const there = world.stripe
    .creditNotes()
    .map(({ metadata, total }) => `${metadata.daybook_credit_note_id} of ${total}`);
  return [
    ...there
      .filter((credit, index) => !here.includes(credit) || there.indexOf(credit) < index)
      .map((credit) => `${credit} stands in Stripe`),
    ...here.filter((credit) => !there.includes(credit)).map((credit) => `${credit} does not stand in Stripe`),
  ];
}

/** What `daybook audit verify` says of the data. */
async function breaches(world: SimulatedWorld): Promise<string[]> {
  return asAuditor(world, async (database) => {
    const checked = await checkPromises(database, { settledBefore: world.seam.now() });
    return checked.flatMap(({ promise, sentence, breaches: found }) =>
      found.map(({ place, what }) => `${promise}, ${sentence}: ${place}: ${what}`),
    );
  });
}

async function factsAndEvents(world: SimulatedWorld): Promise<string[]> {
  const { rows } = await world.owner.query<{ event_id: string; topic: string; published: boolean }>(
    'select event_id, topic, published_at is not null as published from outbox',
  );
  const published = new Set(world.messages.published.map(({ eventId }) => eventId));
  const facts = new Set(rows.map(({ event_id }) => event_id));
  return [
    ...rows.flatMap(({ event_id, topic }) =>
      published.has(event_id) ? [] : [`${topic} ${event_id} was never published`],
    ),
    ...rows.flatMap((row) => (row.published ? [] : [`${row.topic} ${row.event_id} is not marked as published`])),
    ...[...published].flatMap((id) => (facts.has(id) ? [] : [`${id} was published without a fact`])),
  ];
}

async function messagesDealtWith(world: SimulatedWorld): Promise<string[]> {
  const { rows } = await world.owner.query<{ key: string }>(`
    select subscription || ' ' || event_id as key from inbox
    union all select subscription || ' ' || (message::jsonb ->> 'id') from dead_letters`);
  const dealtWith = new Set(rows.map(({ key }) => key));
  const owed = world.messages.published.flatMap(({ topic, eventId }) =>
    SUBSCRIPTIONS.filter((subscription) => subscription.topic === topic).map(({ name }) => `${name} ${eventId}`),
  );
  return [
    ...[...new Set(owed)].filter((key) => !dealtWith.has(key)).map((key) => `${key} was neither applied nor put aside`),
    ...[...dealtWith].filter((key) => !owed.includes(key)).map((key) => `${key} was dealt with and never sent`),
  ];
}

async function auditFaults(world: SimulatedWorld): Promise<string[]> {
  return asAuditor(world, async (database) => {
    const { faults } = await verifyAuditLog(database);
    return faults.map((fault) =>
      JSON.stringify(fault, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    );
  });
}

async function asAuditor<T>(world: SimulatedWorld, work: (database: Database) => Promise<T>): Promise<T> {
  const database = openDatabase(
    { url: world.databaseUrl, role: 'daybook_auditor', poolSize: 1, applicationName: 'simulation' },
    systemEffects(),
  );
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

async function webhooksKept(world: SimulatedWorld): Promise<string[]> {
  const { rows } = await world.owner.query<{ event_id: string }>('select event_id from stripe_events');
  const kept = new Set(rows.map(({ event_id }) => event_id));
  return world.stripe
    .events()
    .flatMap(({ id, type }) => (kept.has(id) ? [] : [`${type} ${id} was taken and not kept`]));
}
