import { INVOICE } from './issued-month.ts';

/** What someone with the rights of a superuser does to an issued month, and how it must be found. */
export interface PlantedBreach {
  readonly what: string;
  /** The check that must find it. */
  readonly sentence: string;
  /** The place that it must name. */
  readonly place: string | RegExp;
  readonly statements: readonly string[];
}

export const PLANTED_BREACHES: readonly PlantedBreach[] = [
  {
    what: 'an amount changed',
    sentence: 'the lines of an invoice add up to it',
    place: INVOICE,
    statements: [`update charges set amount = amount + 1 where line_key = 'fee'`],
  },
  {
    what: 'a line in another currency',
    sentence: 'the lines of an invoice add up to it',
    place: INVOICE,
    statements: [`update charges set currency = 'eur' where line_key = 'fee'`],
  },
  {
    what: 'a total that is not the subtotal',
    sentence: 'the lines of an invoice add up to it',
    place: INVOICE,
    statements: ['update invoices set total = total + 1'],
  },
  {
    what: 'a checkpoint taken out of the pins',
    sentence: 'a priced run rests on every cell, or on its waiver',
    place: /^2026-10#1 (eu-west|us-east)\/requests\/2026-10-0[123]$/,
    statements: [
      `delete from run_checkpoints where checkpoint_id = (select min(checkpoint_id) from checkpoints where metric = 'requests')`,
    ],
  },
  {
    what: 'a checkpoint taken out of the pins, behind a waiver that nobody has approved',
    sentence: 'a priced run rests on every cell, or on its waiver',
    place: /^2026-10#1 (eu-west|us-east)\/requests\/2026-10-0[123]$/,
    statements: [
      `insert into completeness_waivers (region, source_id, day, author, why, status, proposed_at) select region, source_id, day, 'person:ana', 'x', 'proposed', '2026-11-01' from checkpoints where checkpoint_id = (select min(checkpoint_id) from checkpoints where metric = 'requests')`,
      `delete from run_checkpoints where checkpoint_id = (select min(checkpoint_id) from checkpoints where metric = 'requests')`,
    ],
  },
  {
    what: 'a checkpoint that was pinned and is failed',
    sentence: 'a priced run rests on every cell, or on its waiver',
    place: /^2026-10#1 /,
    statements: [
      `update checkpoints set status = 'failed', revision = null, failure_reason = 'x' where checkpoint_id = (select min(checkpoint_id) from checkpoints)`,
    ],
  },
  {
    what: 'two current checkpoints of a cell',
    sentence: 'a cell has one current checkpoint',
    place: 'eu-west/requests/2026-10-01',
    statements: [
      'drop index one_current_checkpoint_per_cell',
      `insert into checkpoints (region, source_id, source_version, metric, day, status, revision, row_count, total, digest, evidence, started_at) select region, source_id, source_version, metric, day, status, 2, 0, 0, digest, evidence, started_at from checkpoints where region = 'eu-west' and metric = 'requests' and day = '2026-10-01'`,
    ],
  },
  {
    what: 'two live invoices of an obligation',
    sentence: 'an obligation has one live invoice, here and in Stripe',
    place: '2026-10/acme/usage',
    statements: [
      'drop index one_live_invoice_per_obligation',
      `insert into invoices select (jsonb_populate_record(i, '{"invoice_id": "2026-10/acme/usage/2", "stripe_invoice_id": "in_2"}')).* from invoices i`,
    ],
  },
  {
    what: 'two invoices with one copy in Stripe',
    sentence: 'an obligation has one live invoice, here and in Stripe',
    place: /^in_/,
    statements: [
      'alter table invoices drop constraint invoices_stripe_invoice_id_key',
      `insert into invoices select (jsonb_populate_record(i, '{"invoice_id": "2026-10/acme/other", "series": "other"}')).* from invoices i`,
    ],
  },
  {
    what: 'a usage row changed',
    sentence: 'a quantity is the roll-up of its rows',
    place: '2026-10#1 acme billed line requests, requests',
    statements: [
      `update usage_daily set quantity = 60 where metric = 'requests' and project_id = 'acme-app' and day = '2026-10-02' and region = 'eu-west'`,
    ],
  },
  {
    what: 'the peak of a project changed',
    sentence: 'a quantity is the roll-up of its rows',
    place: '2026-10#1 acme billed line peak:acme-app, peak_rps',
    statements: [
      `update usage_daily set quantity = 71 where metric = 'peak_rps' and day = '2026-10-02' and region = 'eu-west'`,
    ],
  },
  {
    what: 'a usage row taken away',
    sentence: 'a quantity is the roll-up of its rows',
    place: '2026-10#1 acme billed line requests, requests',
    statements: [
      `delete from usage_daily where metric = 'requests' and project_id = 'acme-app' and day = '2026-10-02' and region = 'eu-west'`,
    ],
  },
  {
    what: 'usage outside of the segments',
    sentence: 'a row is in a line or in a stated exclusion',
    place: `${INVOICE} requests`,
    statements: [
      `update invoices set document = jsonb_set(document::jsonb, '{segments,0,from}', '"2026-10-02"')::text`,
    ],
  },
  {
    what: 'an exclusion without usage',
    sentence: 'a row is in a line or in a stated exclusion',
    place: `${INVOICE} tokens`,
    statements: [
      `update invoices set document = jsonb_set(document::jsonb, '{exclusions}', '[{"metric": "tokens", "rows": 3, "quantity": "21", "reason": "metric_not_in_plan"}]')::text`,
    ],
  },
  {
    what: 'usage of nobody without an exception',
    sentence: 'usage that nobody pays for is an exception',
    place: '2026-10#1',
    statements: [`delete from exceptions where class = 'unbilled_usage'`],
  },
  {
    what: 'a document changed',
    sentence: 'a line and its document are what their digests say',
    place: INVOICE,
    statements: [`update invoices set document = replace(document, 'Platform fee', 'Platform tax')`],
  },
  {
    what: 'a label changed in the charge',
    sentence: 'a line and its document are what their digests say',
    place: `${INVOICE} line fee`,
    statements: [`update charges set label = 'Tax' where line_key = 'fee'`],
  },
  {
    what: 'another formula under the same digest',
    sentence: 'a line and its document are what their digests say',
    place: '2026-10#1 acme billed line fee',
    statements: [`update charges set formula = 'fee' where line_key = 'fee'`],
  },
  {
    what: 'another usage digest',
    sentence: 'a line and its document are what their digests say',
    place: `${INVOICE} line fee`,
    statements: [`update charges set usage_digest = 'sha256:0' where line_key = 'fee'`],
  },
  {
    what: 'a line without a charge',
    sentence: 'a line and its document are what their digests say',
    place: `${INVOICE} line fee`,
    statements: [`delete from charges where line_key = 'fee'`],
  },
  {
    what: 'a plan version changed',
    sentence: 'a line and its document are what their digests say',
    place: /^plan version sha256:/,
    statements: [
      'alter table plan_versions drop constraint plan_versions_check',
      `update plan_versions set document = replace(document, '310', '311')`,
    ],
  },
  {
    what: 'a run that is longer than its month',
    sentence: 'days are covered once',
    place: 'run 2026-10',
    statements: [`update billing_runs set period_to = '2026-11-02'`],
  },
  {
    what: 'a row of another day',
    sentence: 'days are covered once',
    place: /^checkpoint \d+$/,
    statements: [
      `update usage_daily set day = '2026-10-03' where day = '2026-10-02' and region = 'eu-west' and metric = 'peak_rps'`,
    ],
  },
  {
    what: 'a segment that overlaps another',
    sentence: 'days are covered once',
    place: `invoice ${INVOICE}`,
    statements: [
      `update invoices set document = jsonb_set(document::jsonb, '{segments,1}', document::jsonb -> 'segments' -> 0)::text`,
    ],
  },
  {
    what: 'a state that was jumped to',
    sentence: 'only listed transitions happened',
    place: /^entry \d+, billing_run 2026-10$/,
    statements: [
      `update audit_log set detail = '{"from": "open", "to": "closed"}' where action = 'billing_run.collecting'`,
    ],
  },
  {
    what: 'a move that begins nowhere',
    sentence: 'only listed transitions happened',
    place: /^entry \d+, contract acme-1$/,
    statements: [`delete from audit_log where action = 'contract.approved'`],
  },
  {
    what: 'a transition that the code does not list',
    sentence: 'the database allows what the code lists',
    place: 'state_transitions invoice: "paid" to "void"',
    statements: [`insert into state_transitions values ('invoice', 'paid', 'void')`],
  },
  {
    what: 'a listed transition taken away',
    sentence: 'the database allows what the code lists',
    place: 'state_transitions invoice: "finalized" to "void"',
    statements: [
      `delete from state_transitions where entity = 'invoice' and from_state = 'finalized' and to_state = 'void'`,
    ],
  },
  {
    what: 'a guard switched off',
    sentence: 'the guards of the database are in force',
    place: 'trigger only_listed_transitions on invoices',
    statements: ['alter table invoices disable trigger only_listed_transitions'],
  },
  {
    what: 'a unique index dropped',
    sentence: 'the guards of the database are in force',
    place: 'index one_live_invoice_per_obligation',
    statements: ['drop index one_live_invoice_per_obligation'],
  },
  {
    what: 'two active runs of a period',
    sentence: 'a period has one active run, and its writers its token',
    place: 'month 2026-10',
    statements: [
      'drop index one_active_run_per_scope',
      `insert into billing_runs select (jsonb_populate_record(r, '{"run_id": "2026-10-b"}')).* from billing_runs r`,
    ],
  },
  {
    what: 'an invoice with an old token',
    sentence: 'a period has one active run, and its writers its token',
    place: INVOICE,
    statements: ['update billing_runs set fencing_token = 2'],
  },
  {
    what: 'a fact that was never published',
    sentence: 'committed facts are published',
    place: /^invoice\.issued /,
    statements: [`update outbox set published_at = null where topic = 'invoice.issued'`],
  },
  {
    what: 'a message that was lost',
    sentence: 'received messages are applied or put aside',
    place: /^invoice\.issued\.book /,
    statements: [`insert into inbox values ('invoice.issued.book', gen_random_uuid(), 'applied', '2026-01-01')`],
  },
  {
    what: 'a message put aside without a reason',
    sentence: 'received messages are applied or put aside',
    place: 'x m1',
    statements: [
      `insert into dead_letters (subscription, message_id, message, data_base64, reason, status, received_at) values ('x', 'm1', '{', '', ' ', 'waiting', '2026-11-01')`,
    ],
  },
  {
    what: 'a line a cent too high',
    sentence: 'a line is its exact value, rounded once',
    place: '2026-10#1 acme billed line fee',
    statements: [`update charges set amount = 62001 where line_key = 'fee'`],
  },
  {
    what: 'half a cent rounded to zero',
    sentence: 'a line is its exact value, rounded once',
    place: '2026-10#1 acme billed line fee',
    statements: [`update charges set amount = 0, exact = '0.005' where line_key = 'fee'`],
  },
  {
    what: 'minus half a cent rounded towards zero',
    sentence: 'a line is its exact value, rounded once',
    place: '2026-10#1 acme billed line fee',
    statements: [`update charges set amount = 0, exact = '-1/200' where line_key = 'fee'`],
  },
  {
    what: 'an amount of the other sign',
    sentence: 'a line is its exact value, rounded once',
    place: '2026-10#1 acme billed line fee',
    statements: [`update charges set amount = -62000 where line_key = 'fee'`],
  },
  {
    what: 'a currency without a minor unit',
    sentence: 'a line is its exact value, rounded once',
    place: '2026-10#1 acme billed line fee',
    statements: [`update charges set currency = 'xau' where line_key = 'fee'`],
  },
  {
    what: 'tiers that do not add up',
    sentence: 'a line is its exact value, rounded once',
    place: '2026-10#1 acme billed line requests',
    statements: [`update charges set details = replace(details, '"2015"', '"2014"') where line_key = 'requests'`],
  },
  {
    what: 'another amount in Stripe',
    sentence: 'Stripe answered with what the invoice is here',
    place: INVOICE,
    statements: [
      `update stripe_requests set response = jsonb_set(response::jsonb, '{subtotal}', '"71014"')::text where step = 'finalize'`,
    ],
  },
  {
    what: 'another invoice in Stripe',
    sentence: 'Stripe answered with what the invoice is here',
    place: INVOICE,
    statements: [`update invoices set stripe_invoice_id = 'in_other'`],
  },
  {
    what: 'no answer of Stripe',
    sentence: 'Stripe answered with what the invoice is here',
    place: INVOICE,
    statements: [`delete from stripe_requests where step = 'finalize'`],
  },
  {
    what: 'an answer that cannot be read',
    sentence: 'Stripe answered with what the invoice is here',
    place: INVOICE,
    statements: [`update stripe_requests set response = '{"id":' where step = 'finalize'`],
  },
  {
    what: 'an amount that was not rated',
    sentence: 'amounts are those that were rated',
    place: INVOICE,
    statements: ['update invoices set subtotal = 1, total = 1'],
  },
  {
    what: 'an event applied to an unknown invoice',
    sentence: 'amounts are those that were rated',
    place: 'Stripe event evt_1',
    statements: [
      `insert into stripe_events values ('evt_1', 'invoice.paid', 'in_unknown', '2026-11-01', 'x', 'applied', null, '2026-11-01')`,
    ],
  },
  {
    what: 'rows of a pinned checkpoint deleted',
    sentence: 'what a run rests on is there',
    place: /^eu-west\/requests\/2026-10-02@1$/,
    statements: [`delete from usage_daily where metric = 'requests' and day = '2026-10-02' and region = 'eu-west'`],
  },
  {
    what: 'a row added to a checkpoint',
    sentence: 'what a run rests on is there',
    place: /^eu-west\/requests\/2026-10-02@1$/,
    statements: [
      `insert into usage_daily select (jsonb_populate_record(u, '{"project_id": "ghost"}')).* from usage_daily u where metric = 'requests' and project_id = 'acme-app' and day = '2026-10-02' and region = 'eu-west'`,
    ],
  },
  {
    what: 'a run approved by its author',
    sentence: 'nobody approved what they wrote',
    place: 'billing_runs 2026-10',
    statements: [`update billing_runs set author = approver`],
  },
  {
    what: 'a contract approved by its author',
    sentence: 'nobody approved what they wrote',
    place: 'contracts acme-1',
    statements: ['update contracts set approver = author'],
  },
  {
    what: 'a contract approved by its author’s service account',
    sentence: 'nobody approved what they wrote',
    place: 'contracts acme-1',
    statements: [
      `insert into principals values ('service:of-ana', 'service', '{approver}', 'person:ana')`,
      `update contracts set approver = 'service:of-ana'`,
    ],
  },
  {
    what: 'a plan approved by its author',
    sentence: 'nobody approved what they wrote',
    place: /^plan_approvals sha256:[0-9a-f]+ by person:ana$/,
    statements: [`update plan_approvals set approver = 'person:ana' where approver = 'person:ben'`],
  },
  {
    what: 'a waiver by one person',
    sentence: 'nobody approved what they wrote',
    place: 'completeness_waivers eu-west/requests/2026-10-01',
    statements: [
      `insert into completeness_waivers (region, source_id, day, author, approver, why, status, proposed_at, waived_at) values ('eu-west', 'requests', '2026-10-01', 'person:ana', 'person:ana', 'x', 'approved', '2026-11-01', '2026-11-01')`,
    ],
  },
  {
    what: 'a hold that nobody released',
    sentence: 'what was held went on by release',
    place: `${INVOICE} hold 1`,
    statements: [
      `insert into invoice_holds (invoice_id, hold, reason, detail, releasable, placed_by, placed_at) values ('${INVOICE}', 1, 'by_hand', 'x', true, 'person:ana', '2026-11-02')`,
    ],
  },
  {
    what: 'a hold released by who placed it',
    sentence: 'nobody approved what they wrote',
    place: `invoice_holds ${INVOICE}/1`,
    statements: [
      `insert into invoice_holds (invoice_id, hold, reason, detail, releasable, placed_by, placed_at, released_by, released_at, released_why) values ('${INVOICE}', 1, 'by_hand', 'x', true, 'person:ana', '2026-11-02', 'person:ana', '2026-11-02', 'x')`,
    ],
  },
];
