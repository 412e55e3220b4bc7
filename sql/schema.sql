-- The schema after all migrations, dumped by "npm run generate" for reviewers. Do not edit.

create type adjustment_status as enum ('proposed', 'approved', 'placed', 'applied', 'rejected', 'superseded');
create type backfill_cell_status as enum ('waiting', 'running', 'changed', 'unchanged', 'failed');
create type backfill_status as enum ('proposed', 'running', 'complete', 'failed', 'rejected');
create type billing_mode as enum ('legacy', 'shadow', 'usage');
create type billing_run_status as enum ('open', 'collecting', 'complete', 'rated', 'in_review', 'approved', 'issuing', 'issued', 'closed', 'rating_failed', 'issuing_failed');
create type charge_purpose as enum ('billed', 'shadow', 'adjustment');
create type checkpoint_status as enum ('running', 'complete', 'unchanged', 'failed', 'superseded');
create type close_rule_kind as enum ('bounds', 'automatic_approval');
create type close_rule_status as enum ('proposed', 'in_force', 'retired', 'withdrawn');
create type contract_status as enum ('draft', 'approved', 'active', 'ended');
create type credit_kind as enum ('credit_note', 'balance');
create type credit_status as enum ('planned', 'committed', 'issued', 'failed', 'cancelled');
create type credit_way as enum ('next_invoice', 'credit_note');
create type dead_letter_status as enum ('waiting', 'replayed', 'discarded');
create type exception_status as enum ('open', 'retrying', 'resolved', 'waived', 'escalated');
create type invoice_status as enum ('rated', 'held', 'approved', 'drafted', 'verified', 'finalized', 'paid', 'uncollectible', 'void', 'stripe_failed', 'superseded');
create type invoice_void_status as enum ('asked', 'approved', 'done', 'withdrawn');
create type mode_change_status as enum ('proposed', 'approved', 'rejected', 'rolled_back');
create type plan_version_status as enum ('draft', 'checked', 'in_review', 'approved', 'active', 'retired', 'rejected');
create type principal_kind as enum ('person', 'service');
create type principal_role as enum ('viewer', 'operator', 'author', 'approver', 'finance');
create type rerating_shard_status as enum ('waiting', 'compared');
create type retention_hold_status as enum ('in_force', 'released');
create type rollup as enum ('sum', 'max', 'mean', 'last');
create type run_shard_status as enum ('waiting', 'rated', 'failed');
create type stripe_difference_status as enum ('open', 'accepted', 'resolved');
create type stripe_request_status as enum ('committed', 'answered', 'refused');
create type term_correction_status as enum ('draft', 'approved', 'rejected', 'superseded');
create type usage_anomaly_kind as enum ('project_vanished', 'volume_zero', 'volume_low', 'volume_high');
create type usage_anomaly_status as enum ('open', 'released', 'cleared');
create type usage_definition_kind as enum ('metric', 'source');
create type usage_definition_status as enum ('draft', 'in_review', 'approved', 'retired', 'rejected');
create type usage_partition_status as enum ('open', 'sealed', 'detached', 'dropped');
create type waiver_status as enum ('proposed', 'approved', 'rejected');

create table adjustment_policies (
  currency text not null,
  automatic_up_to bigint not null,
  credits_by credit_way not null,
  constraint adjustment_policies_pkey PRIMARY KEY (currency),
  constraint adjustment_policies_automatic_up_to_check CHECK ((automatic_up_to >= 0)),
  constraint adjustment_policies_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text))
);

create table adjustments (
  adjustment_id text not null,
  customer_id text not null,
  period text not null,
  run_id text not null,
  rerating integer not null,
  inputs_digest text not null,
  currency text not null,
  billed bigint not null,
  corrected bigint not null,
  total bigint not null,
  document text not null,
  document_digest text not null,
  status adjustment_status not null,
  author text not null,
  approver text,
  decided_at timestamp with time zone,
  invoice_id text,
  proposed_at timestamp with time zone not null,
  constraint adjustments_pkey PRIMARY KEY (adjustment_id),
  constraint adjustments_approver_fkey FOREIGN KEY (approver) REFERENCES principals(principal),
  constraint adjustments_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id),
  constraint adjustments_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(invoice_id),
  constraint adjustments_run_id_rerating_fkey FOREIGN KEY (run_id, rerating) REFERENCES reratings(run_id, rerating),
  constraint adjustments_check CHECK ((total = (corrected - billed))),
  constraint adjustments_check1 CHECK ((document_digest = ('sha256:'::text || encode(sha256(convert_to(document, 'UTF8'::name)), 'hex'::text)))),
  constraint adjustments_check2 CHECK (((status = ANY (ARRAY['approved'::adjustment_status, 'placed'::adjustment_status, 'applied'::adjustment_status, 'rejected'::adjustment_status])) <= (decided_at IS NOT NULL))),
  constraint adjustments_check3 CHECK (((invoice_id IS NULL) OR (status = ANY (ARRAY['placed'::adjustment_status, 'applied'::adjustment_status])))),
  constraint adjustments_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text))
);
CREATE INDEX adjustments_invoice_id_idx ON public.adjustments USING btree (invoice_id);
CREATE INDEX adjustments_status_idx ON public.adjustments USING btree (status) WHERE (status = ANY (ARRAY['proposed'::adjustment_status, 'approved'::adjustment_status, 'placed'::adjustment_status]));
CREATE UNIQUE INDEX one_proposed_adjustment ON public.adjustments USING btree (customer_id, run_id) WHERE (status = 'proposed'::adjustment_status);
CREATE UNIQUE INDEX same_inputs_are_computed_once ON public.adjustments USING btree (customer_id, run_id, inputs_digest) WHERE (status <> 'superseded'::adjustment_status);

create table alerts (
  alert_key text not null,
  severity text not null,
  title text not null,
  place text not null,
  why text not null,
  recover text not null,
  raised_at timestamp with time zone not null,
  attempts integer not null default 0,
  attempted_at timestamp with time zone,
  next_attempt_at timestamp with time zone,
  sent_at timestamp with time zone,
  last_error text,
  constraint alerts_pkey PRIMARY KEY (alert_key),
  constraint alerts_check CHECK (((sent_at IS NULL) OR (next_attempt_at IS NULL))),
  constraint alerts_severity_check CHECK ((severity = ANY (ARRAY['information'::text, 'warning'::text, 'critical'::text])))
);
CREATE INDEX alerts_attempted_at_idx ON public.alerts USING btree (attempted_at);
CREATE INDEX alerts_next_attempt_at_idx ON public.alerts USING btree (next_attempt_at) WHERE (next_attempt_at IS NOT NULL);

create table approval_thresholds (
  currency text not null,
  expected_monthly_revenue bigint not null,
  customer_change bigint not null,
  constraint approval_thresholds_pkey PRIMARY KEY (currency),
  constraint approval_thresholds_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text)),
  constraint approval_thresholds_customer_change_check CHECK ((customer_change >= 0)),
  constraint approval_thresholds_expected_monthly_revenue_check CHECK ((expected_monthly_revenue >= 0))
);

create table audit_head (
  only_row boolean not null default true,
  sequence bigint not null,
  hash bytea not null,
  constraint audit_head_pkey PRIMARY KEY (only_row),
  constraint audit_head_only_row_check CHECK (only_row),
  constraint audit_head_sequence_check CHECK ((sequence >= 0))
);

create table audit_log (
  sequence bigint not null,
  at timestamp with time zone not null,
  actor text not null,
  action text not null,
  subject text not null,
  why text not null,
  detail jsonb not null,
  previous_hash bytea not null,
  hash bytea not null,
  constraint audit_log_pkey PRIMARY KEY (sequence),
  constraint entries_are_numbered_from_one CHECK ((sequence > 0))
);

create table audit_seals (
  day date not null,
  last_sequence bigint not null,
  last_hash bytea not null,
  entries bigint not null,
  sealed_at timestamp with time zone not null,
  previous_hash bytea not null,
  hash bytea not null,
  constraint audit_seals_hash_key UNIQUE (hash),
  constraint audit_seals_pkey PRIMARY KEY (day),
  constraint audit_seals_entries_check CHECK ((entries >= 0)),
  constraint audit_seals_last_hash_check CHECK ((length(last_hash) = 32)),
  constraint audit_seals_last_sequence_check CHECK ((last_sequence > 0))
);

create table backfill_cells (
  backfill_id bigint not null,
  region text not null,
  source_id text not null,
  day date not null,
  status backfill_cell_status not null,
  fencing_token integer not null default 0,
  lease_until timestamp with time zone,
  revision_before integer,
  revision_after integer,
  failure_reason text,
  failure_detail text,
  constraint backfill_cells_pkey PRIMARY KEY (backfill_id, region, source_id, day),
  constraint backfill_cells_backfill_id_fkey FOREIGN KEY (backfill_id) REFERENCES backfills(backfill_id),
  constraint backfill_cells_region_fkey FOREIGN KEY (region) REFERENCES regions(region),
  constraint backfill_cells_check CHECK (((status = 'running'::backfill_cell_status) = (lease_until IS NOT NULL))),
  constraint backfill_cells_check1 CHECK (((status = 'failed'::backfill_cell_status) = (failure_reason IS NOT NULL))),
  constraint backfill_cells_check2 CHECK (((status <> ALL (ARRAY['changed'::backfill_cell_status, 'unchanged'::backfill_cell_status])) OR (revision_after IS NOT NULL))),
  constraint backfill_cells_fencing_token_check CHECK ((fencing_token >= 0))
);
CREATE INDEX backfill_cells_backfill_id_day_region_source_id_idx ON public.backfill_cells USING btree (backfill_id, day, region, source_id) WHERE (status = ANY (ARRAY['waiting'::backfill_cell_status, 'running'::backfill_cell_status]));

create table backfills (
  backfill_id bigint not null generated always as identity,
  from_day date not null,
  to_day date not null,
  region text,
  source_id text,
  status backfill_status not null,
  author text not null,
  approver text,
  why text not null,
  opened_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint backfills_pkey PRIMARY KEY (backfill_id),
  constraint backfills_approver_fkey FOREIGN KEY (approver) REFERENCES principals(principal),
  constraint backfills_author_fkey FOREIGN KEY (author) REFERENCES principals(principal),
  constraint backfills_region_fkey FOREIGN KEY (region) REFERENCES regions(region),
  constraint backfills_check CHECK ((to_day > from_day)),
  constraint backfills_check1 CHECK (((status = ANY (ARRAY['complete'::backfill_status, 'failed'::backfill_status, 'rejected'::backfill_status])) = (ended_at IS NOT NULL))),
  constraint backfills_why_check CHECK ((length(why) > 0))
);
CREATE UNIQUE INDEX one_live_backfill_per_scope ON public.backfills USING btree (from_day, to_day, COALESCE(region, ''::text), COALESCE(source_id, ''::text)) WHERE (status = ANY (ARRAY['proposed'::backfill_status, 'running'::backfill_status]));

create table billing_runs (
  run_id text not null,
  scope text not null,
  period text not null,
  status billing_run_status not null,
  period_from date not null,
  period_to date not null,
  grace_until timestamp with time zone not null,
  fencing_token integer not null default 1,
  inputs_digest text,
  author text not null,
  approver text,
  approved_at timestamp with time zone,
  opened_at timestamp with time zone not null,
  totals text,
  contract_id text,
  reviewed_digest text,
  closed_by text,
  closed_at timestamp with time zone,
  left_open text[] not null default '{}'::text[],
  approval_rule text,
  constraint billing_runs_pkey PRIMARY KEY (run_id),
  constraint billing_runs_approval_rule_fkey FOREIGN KEY (approval_rule) REFERENCES close_rules(rule_id),
  constraint billing_runs_approver_fkey FOREIGN KEY (approver) REFERENCES principals(principal),
  constraint billing_runs_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES principals(principal),
  constraint billing_runs_contract_id_fkey FOREIGN KEY (contract_id) REFERENCES contracts(contract_id),
  constraint approved_by_somebody CHECK (((status <> ALL (ARRAY['approved'::billing_run_status, 'issuing'::billing_run_status, 'issued'::billing_run_status, 'closed'::billing_run_status, 'issuing_failed'::billing_run_status])) OR ((approved_at IS NOT NULL) AND ((approver IS NULL) <> (approval_rule IS NULL))))),
  constraint billing_runs_check CHECK ((period_to > period_from)),
  constraint billing_runs_check2 CHECK (((contract_id IS NOT NULL) = (scope ~~ 'off-cycle:%'::text))),
  constraint billing_runs_check3 CHECK (((contract_id IS NULL) OR (scope = ('off-cycle:'::text || contract_id)))),
  constraint billing_runs_period_check CHECK ((period ~ '^\d{4}-(0[1-9]|1[0-2])$'::text))
);
CREATE UNIQUE INDEX one_active_run_per_scope ON public.billing_runs USING btree (scope, period) WHERE (status <> 'closed'::billing_run_status);
CREATE UNIQUE INDEX one_off_cycle_run_per_contract ON public.billing_runs USING btree (contract_id) WHERE (contract_id IS NOT NULL);

create table charges (
  run_id text not null,
  fencing_token integer not null,
  customer_id text not null,
  purpose charge_purpose not null,
  position integer not null,
  invoice_id text,
  contract_id text not null,
  segment_from date not null,
  segment_to date not null,
  line_key text not null,
  label text not null,
  project_id text,
  currency text not null,
  quantity text,
  exact text not null,
  amount bigint not null,
  formula text not null,
  formula_digest text not null,
  plan_version text not null,
  parameters_digest text not null,
  usage_digest text not null,
  inputs text not null,
  details text not null,
  adjustment_id text,
  rating_number integer not null default 1,
  constraint charges_pkey PRIMARY KEY (run_id, fencing_token, customer_id, rating_number, purpose, "position"),
  constraint charges_adjustment_id_fkey FOREIGN KEY (adjustment_id) REFERENCES adjustments(adjustment_id),
  constraint charges_contract_id_fkey FOREIGN KEY (contract_id) REFERENCES contracts(contract_id),
  constraint charges_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id),
  constraint charges_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(invoice_id),
  constraint charges_plan_version_fkey FOREIGN KEY (plan_version) REFERENCES plan_versions(plan_version),
  constraint charges_run_id_fkey FOREIGN KEY (run_id) REFERENCES billing_runs(run_id),
  constraint adjustment_lines_name_theirs CHECK (((purpose = 'adjustment'::charge_purpose) = (adjustment_id IS NOT NULL))),
  constraint charges_check CHECK (((purpose = ANY (ARRAY['billed'::charge_purpose, 'adjustment'::charge_purpose])) = (invoice_id IS NOT NULL))),
  constraint charges_position_check CHECK (("position" >= 0))
);
CREATE INDEX charges_invoice_id_idx ON public.charges USING btree (invoice_id);
CREATE UNIQUE INDEX adjustment_line_once_per_invoice ON public.charges USING btree (invoice_id, adjustment_id, line_key) WHERE (purpose = 'adjustment'::charge_purpose);

create table checkpoint_judgements (
  checkpoint_id bigint not null,
  judged_at timestamp with time zone not null,
  constraint checkpoint_judgements_pkey PRIMARY KEY (checkpoint_id),
  constraint checkpoint_judgements_checkpoint_id_fkey FOREIGN KEY (checkpoint_id) REFERENCES checkpoints(checkpoint_id)
);

create table checkpoint_volumes (
  checkpoint_id bigint not null,
  customer_id text not null,
  quantity numeric not null,
  constraint checkpoint_volumes_pkey PRIMARY KEY (checkpoint_id, customer_id),
  constraint checkpoint_volumes_checkpoint_id_fkey FOREIGN KEY (checkpoint_id) REFERENCES checkpoints(checkpoint_id),
  constraint checkpoint_volumes_quantity_check CHECK ((quantity >= (0)::numeric))
);

create table checkpoints (
  checkpoint_id bigint not null generated always as identity,
  region text not null,
  source_id text not null,
  source_version integer not null,
  metric text not null,
  day date not null,
  status checkpoint_status not null,
  revision integer,
  row_count integer,
  total numeric,
  digest text,
  evidence text,
  failure_reason text,
  failure_detail text,
  started_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  constraint checkpoints_pkey PRIMARY KEY (checkpoint_id),
  constraint checkpoints_metric_fkey FOREIGN KEY (metric) REFERENCES metrics(metric),
  constraint checkpoints_region_fkey FOREIGN KEY (region) REFERENCES regions(region),
  constraint checkpoints_source_id_region_source_version_fkey FOREIGN KEY (source_id, region, source_version) REFERENCES usage_sources(source_id, region, version),
  constraint checkpoints_check CHECK (((status = ANY (ARRAY['complete'::checkpoint_status, 'superseded'::checkpoint_status])) = (revision IS NOT NULL))),
  constraint checkpoints_check1 CHECK (((status <> ALL (ARRAY['complete'::checkpoint_status, 'superseded'::checkpoint_status])) OR ((row_count IS NOT NULL) AND (total IS NOT NULL) AND (digest IS NOT NULL) AND (evidence IS NOT NULL)))),
  constraint checkpoints_check2 CHECK (((status = 'failed'::checkpoint_status) = (failure_reason IS NOT NULL))),
  constraint checkpoints_revision_check CHECK ((revision > 0)),
  constraint checkpoints_row_count_check CHECK ((row_count >= 0)),
  constraint checkpoints_total_check CHECK ((total >= (0)::numeric))
);
CREATE UNIQUE INDEX one_current_checkpoint_per_cell ON public.checkpoints USING btree (day, region, source_id) WHERE (status = 'complete'::checkpoint_status);
CREATE UNIQUE INDEX one_writer_per_cell ON public.checkpoints USING btree (day, region, source_id) WHERE (status = 'running'::checkpoint_status);
CREATE UNIQUE INDEX revisions_are_never_reused ON public.checkpoints USING btree (day, region, source_id, revision);

create table close_rules (
  rule_id text not null,
  kind close_rule_kind not null,
  currency text not null,
  terms text not null,
  status close_rule_status not null,
  author text,
  approver text,
  second_approver text,
  proposed_at timestamp with time zone not null,
  constraint close_rules_pkey PRIMARY KEY (rule_id),
  constraint close_rules_approver_fkey FOREIGN KEY (approver) REFERENCES principals(principal),
  constraint close_rules_author_fkey FOREIGN KEY (author) REFERENCES principals(principal),
  constraint close_rules_second_approver_fkey FOREIGN KEY (second_approver) REFERENCES principals(principal),
  constraint close_rules_check CHECK (((kind = 'bounds'::close_rule_kind) OR (currency = '*'::text))),
  constraint close_rules_check1 CHECK (((second_approver IS NULL) OR (approver IS NOT NULL))),
  constraint close_rules_check2 CHECK (((status <> ALL (ARRAY['in_force'::close_rule_status, 'retired'::close_rule_status])) OR (author IS NULL) OR (approver IS NOT NULL))),
  constraint close_rules_check3 CHECK (((status <> ALL (ARRAY['in_force'::close_rule_status, 'retired'::close_rule_status])) OR (kind = 'bounds'::close_rule_kind) OR (second_approver IS NOT NULL))),
  constraint close_rules_currency_check CHECK ((currency ~ '^([a-z]{3}|\*)$'::text)),
  constraint close_rules_rule_id_check CHECK ((rule_id ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text)),
  constraint close_rules_terms_check CHECK ((jsonb_typeof((terms)::jsonb) = 'object'::text))
);
CREATE UNIQUE INDEX one_close_rule_in_force ON public.close_rules USING btree (kind, currency) WHERE (status = 'in_force'::close_rule_status);

create table comparisons (
  run_id text not null,
  customer_id text not null,
  rerating integer not null,
  currency text not null,
  corrected bigint not null,
  shadow jsonb not null default '[]'::jsonb,
  compared_at timestamp with time zone not null,
  constraint comparisons_pkey PRIMARY KEY (run_id, customer_id),
  constraint comparisons_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id),
  constraint comparisons_run_id_rerating_fkey FOREIGN KEY (run_id, rerating) REFERENCES reratings(run_id, rerating),
  constraint comparisons_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text)),
  constraint comparisons_shadow_check CHECK ((jsonb_typeof(shadow) = 'array'::text))
);

create table completeness_waivers (
  region text not null,
  source_id text not null,
  day date not null,
  author text not null,
  approver text,
  why text not null,
  waived_at timestamp with time zone,
  status waiver_status not null,
  proposed_at timestamp with time zone not null,
  constraint completeness_waivers_pkey PRIMARY KEY (region, source_id, day),
  constraint completeness_waivers_approver_fkey FOREIGN KEY (approver) REFERENCES principals(principal),
  constraint completeness_waivers_author_fkey FOREIGN KEY (author) REFERENCES principals(principal),
  constraint completeness_waivers_region_fkey FOREIGN KEY (region) REFERENCES regions(region),
  constraint completeness_waivers_check CHECK (((status = 'approved'::waiver_status) = ((approver IS NOT NULL) AND (waived_at IS NOT NULL)))),
  constraint completeness_waivers_check1 CHECK (((status = 'approved'::waiver_status) OR ((approver IS NULL) AND (waived_at IS NULL)))),
  constraint completeness_waivers_why_check CHECK ((length(why) > 0))
);

create table contracts (
  contract_id text not null,
  customer_id text not null,
  mode billing_mode not null,
  legacy_plan_version text,
  usage_plan_version text,
  overrides text not null default '{}'::text,
  starts_on date not null,
  ends_on date,
  status contract_status not null,
  author text not null,
  approver text,
  diagnostics jsonb not null,
  error_count integer not null generated always as (count_findings(diagnostics, 'error'::text)) stored,
  acknowledged text[] not null default '{}'::text[],
  collection_method text not null default 'send_invoice'::text,
  days_until_due integer default 30,
  tax text not null default 'none'::text,
  constraint contracts_customer_id_daterange_excl EXCLUDE USING gist (customer_id WITH =, daterange(starts_on, ends_on) WITH &&) WHERE ((status <> 'draft'::contract_status)),
  constraint contracts_pkey PRIMARY KEY (contract_id),
  constraint contracts_approver_fkey FOREIGN KEY (approver) REFERENCES principals(principal),
  constraint contracts_author_fkey FOREIGN KEY (author) REFERENCES principals(principal),
  constraint contracts_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id),
  constraint contracts_legacy_plan_version_fkey FOREIGN KEY (legacy_plan_version) REFERENCES plan_versions(plan_version),
  constraint contracts_usage_plan_version_fkey FOREIGN KEY (usage_plan_version) REFERENCES plan_versions(plan_version),
  constraint contracts_check CHECK ((ends_on >= starts_on)),
  constraint contracts_check1 CHECK (((mode = 'usage'::billing_mode) OR (legacy_plan_version IS NOT NULL))),
  constraint contracts_check2 CHECK (((mode = 'legacy'::billing_mode) OR (usage_plan_version IS NOT NULL))),
  constraint contracts_check3 CHECK (((status = 'draft'::contract_status) OR (approver IS NOT NULL))),
  constraint contracts_check4 CHECK (((status = 'draft'::contract_status) OR (error_count = 0))),
  constraint contracts_check5 CHECK (((status <> 'ended'::contract_status) OR (ends_on IS NOT NULL))),
  constraint contracts_collection_method_check CHECK ((collection_method = ANY (ARRAY['send_invoice'::text, 'charge_automatically'::text]))),
  constraint contracts_contract_id_check CHECK ((contract_id ~ '^[a-z0-9][a-z0-9_-]{0,80}$'::text)),
  constraint contracts_days_until_due_check CHECK (((days_until_due >= 1) AND (days_until_due <= 365))),
  constraint contracts_diagnostics_check CHECK (are_findings(diagnostics)),
  constraint contracts_overrides_check CHECK ((jsonb_typeof((overrides)::jsonb) = 'object'::text)),
  constraint contracts_tax_check CHECK ((tax = ANY (ARRAY['none'::text, 'stripe_tax'::text]))),
  constraint due_days_belong_to_sent_invoices CHECK (((collection_method = 'send_invoice'::text) = (days_until_due IS NOT NULL)))
);
CREATE INDEX contracts_customer_id_idx ON public.contracts USING btree (customer_id);

create table credits (
  credit_id text not null,
  adjustment_id text not null,
  kind credit_kind not null,
  customer_id text not null,
  invoice_id text,
  carrier_invoice_id text,
  currency text not null,
  amount bigint not null,
  status credit_status not null,
  idempotency_key text,
  path text,
  body text,
  body_digest text,
  stripe_id text,
  failure_detail text,
  planned_at timestamp with time zone not null,
  committed_at timestamp with time zone,
  answered_at timestamp with time zone,
  lapsed boolean not null default false,
  constraint credits_idempotency_key_key UNIQUE (idempotency_key),
  constraint credits_stripe_id_key UNIQUE (stripe_id),
  constraint credits_pkey PRIMARY KEY (credit_id),
  constraint credits_adjustment_id_fkey FOREIGN KEY (adjustment_id) REFERENCES adjustments(adjustment_id),
  constraint credits_carrier_invoice_id_fkey FOREIGN KEY (carrier_invoice_id) REFERENCES invoices(invoice_id),
  constraint credits_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id),
  constraint credits_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(invoice_id),
  constraint credits_amount_check CHECK ((amount > 0)),
  constraint credits_check CHECK (((kind = 'credit_note'::credit_kind) = (invoice_id IS NOT NULL))),
  constraint credits_check1 CHECK (((status = ANY (ARRAY['planned'::credit_status, 'cancelled'::credit_status, 'failed'::credit_status])) OR ((idempotency_key IS NOT NULL) AND (path IS NOT NULL) AND (body IS NOT NULL) AND (body_digest IS NOT NULL) AND (committed_at IS NOT NULL)))),
  constraint credits_check2 CHECK (((status = 'issued'::credit_status) = (stripe_id IS NOT NULL))),
  constraint credits_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text))
);
CREATE INDEX credits_carrier_invoice_id_idx ON public.credits USING btree (carrier_invoice_id);
CREATE INDEX credits_invoice_id_idx ON public.credits USING btree (invoice_id);
CREATE UNIQUE INDEX one_balance_entry_per_adjustment ON public.credits USING btree (adjustment_id) WHERE ((kind = 'balance'::credit_kind) AND (status <> 'cancelled'::credit_status));
CREATE UNIQUE INDEX one_credit_note_per_adjustment_and_invoice ON public.credits USING btree (adjustment_id, invoice_id) WHERE ((kind = 'credit_note'::credit_kind) AND (status <> 'cancelled'::credit_status));

create table customers (
  customer_id text not null,
  name text not null,
  stripe_customer_id text,
  constraint customers_stripe_customer_id_key UNIQUE (stripe_customer_id),
  constraint customers_pkey PRIMARY KEY (customer_id),
  constraint customers_customer_id_check CHECK ((customer_id ~ '^[a-z0-9][a-z0-9_-]{0,62}$'::text)),
  constraint customers_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

create table dead_letters (
  dead_letter_id bigint not null generated always as identity,
  subscription text not null,
  message_id text not null,
  message text not null,
  data_base64 text not null,
  reason text not null,
  status dead_letter_status not null,
  received_at timestamp with time zone not null,
  constraint dead_letters_subscription_message_id_key UNIQUE (subscription, message_id),
  constraint dead_letters_pkey PRIMARY KEY (dead_letter_id)
);

create table exceptions (
  exception_id bigint not null generated always as identity,
  class text not null,
  subject text not null,
  status exception_status not null,
  reason text not null,
  detail text not null,
  attempts integer not null default 0,
  next_attempt_at timestamp with time zone,
  opened_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  ended_by text,
  why text,
  opened_by text,
  constraint exceptions_pkey PRIMARY KEY (exception_id),
  constraint exceptions_attempts_check CHECK ((attempts >= 0)),
  constraint exceptions_check CHECK (((status = ANY (ARRAY['resolved'::exception_status, 'waived'::exception_status])) = (ended_at IS NOT NULL)))
);
CREATE UNIQUE INDEX one_live_exception_per_subject ON public.exceptions USING btree (class, subject) WHERE (status <> ALL (ARRAY['resolved'::exception_status, 'waived'::exception_status]));

create table inbox (
  subscription text not null,
  event_id uuid not null,
  outcome text not null,
  received_at timestamp with time zone not null,
  constraint inbox_pkey PRIMARY KEY (subscription, event_id),
  constraint inbox_outcome_check CHECK ((outcome = ANY (ARRAY['applied'::text, 'superseded'::text])))
);

create table invoice_corrected_terms (
  invoice_id text not null,
  contract_id text not null,
  period text not null,
  number integer not null,
  constraint invoice_corrected_terms_pkey PRIMARY KEY (invoice_id, contract_id),
  constraint invoice_corrected_terms_contract_id_period_number_fkey FOREIGN KEY (contract_id, period, number) REFERENCES term_corrections(contract_id, period, number),
  constraint invoice_corrected_terms_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(invoice_id)
);

create table invoice_holds (
  invoice_id text not null,
  hold integer not null,
  reason text not null,
  detail text not null,
  releasable boolean not null,
  placed_by text not null,
  placed_at timestamp with time zone not null,
  released_by text,
  released_at timestamp with time zone,
  released_why text,
  constraint invoice_holds_pkey PRIMARY KEY (invoice_id, hold),
  constraint invoice_holds_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(invoice_id),
  constraint invoice_holds_released_by_fkey FOREIGN KEY (released_by) REFERENCES principals(principal),
  constraint invoice_holds_check CHECK ((((released_by IS NULL) = (released_at IS NULL)) AND ((released_by IS NULL) = (released_why IS NULL)))),
  constraint invoice_holds_check1 CHECK ((releasable OR (released_by IS NULL))),
  constraint invoice_holds_hold_check CHECK ((hold > 0)),
  constraint invoice_holds_reason_check CHECK ((length(reason) > 0)),
  constraint invoice_holds_released_why_check CHECK ((length(released_why) > 0))
);

create table invoice_voids (
  void_id bigint not null generated always as identity,
  invoice_id text not null,
  status invoice_void_status not null,
  author text not null,
  why text not null,
  asked_at timestamp with time zone not null,
  approver text,
  approved_at timestamp with time zone,
  ended_at timestamp with time zone,
  outcome text,
  constraint invoice_voids_pkey PRIMARY KEY (void_id),
  constraint invoice_voids_approver_fkey FOREIGN KEY (approver) REFERENCES principals(principal),
  constraint invoice_voids_author_fkey FOREIGN KEY (author) REFERENCES principals(principal),
  constraint invoice_voids_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(invoice_id),
  constraint invoice_voids_check CHECK (((status <> ALL (ARRAY['approved'::invoice_void_status, 'done'::invoice_void_status])) OR ((approver IS NOT NULL) AND (approved_at IS NOT NULL)))),
  constraint invoice_voids_check1 CHECK (((status = ANY (ARRAY['done'::invoice_void_status, 'withdrawn'::invoice_void_status])) = (ended_at IS NOT NULL))),
  constraint invoice_voids_why_check CHECK ((length(TRIM(BOTH FROM why)) > 0))
);
CREATE UNIQUE INDEX one_live_void_per_invoice ON public.invoice_voids USING btree (invoice_id) WHERE (status = ANY (ARRAY['asked'::invoice_void_status, 'approved'::invoice_void_status]));

create table invoices (
  invoice_id text not null,
  run_id text not null,
  fencing_token integer not null,
  customer_id text not null,
  period text not null,
  series text not null,
  generation integer not null default 0,
  status invoice_status not null,
  currency text not null,
  subtotal bigint not null,
  total bigint not null,
  document text not null,
  document_digest text not null,
  hold_reason text,
  stripe_invoice_id text,
  stripe_number text,
  failure_detail text,
  rated_at timestamp with time zone not null,
  approver text,
  author text,
  rating_number integer not null default 1,
  constraint invoices_stripe_invoice_id_key UNIQUE (stripe_invoice_id),
  constraint invoices_pkey PRIMARY KEY (invoice_id),
  constraint invoices_approver_fkey FOREIGN KEY (approver) REFERENCES principals(principal),
  constraint invoices_author_fkey FOREIGN KEY (author) REFERENCES principals(principal),
  constraint invoices_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id),
  constraint invoices_run_id_fkey FOREIGN KEY (run_id) REFERENCES billing_runs(run_id),
  constraint invoices_check CHECK (((status = 'held'::invoice_status) <= (hold_reason IS NOT NULL))),
  constraint invoices_check1 CHECK (((status <> ALL (ARRAY['drafted'::invoice_status, 'verified'::invoice_status, 'finalized'::invoice_status, 'paid'::invoice_status])) OR (stripe_invoice_id IS NOT NULL))),
  constraint invoices_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text)),
  constraint invoices_generation_check CHECK ((generation >= 0))
);
CREATE INDEX invoices_run_id_idx ON public.invoices USING btree (run_id);
CREATE UNIQUE INDEX one_live_invoice_per_obligation ON public.invoices USING btree (customer_id, period, series) WHERE (status <> ALL (ARRAY['void'::invoice_status, 'superseded'::invoice_status]));

create table metrics (
  metric text not null,
  title text not null,
  unit text not null,
  rollup rollup not null,
  divisor numeric not null,
  constraint metrics_pkey PRIMARY KEY (metric),
  constraint metrics_divisor_check CHECK ((divisor > (0)::numeric)),
  constraint metrics_metric_check CHECK ((metric ~ '^[a-z][a-z0-9_]{0,62}$'::text))
);

create table mode_changes (
  next_contract_id text not null,
  previous_contract_id text not null,
  customer_id text not null,
  from_mode billing_mode not null,
  to_mode billing_mode not null,
  takes_effect_on date not null,
  undoes text,
  status mode_change_status not null,
  author text not null,
  approver text,
  why text not null,
  proposed_at timestamp with time zone not null,
  constraint mode_changes_pkey PRIMARY KEY (next_contract_id),
  constraint mode_changes_approver_fkey FOREIGN KEY (approver) REFERENCES principals(principal),
  constraint mode_changes_author_fkey FOREIGN KEY (author) REFERENCES principals(principal),
  constraint mode_changes_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id),
  constraint mode_changes_next_contract_id_fkey FOREIGN KEY (next_contract_id) REFERENCES contracts(contract_id),
  constraint mode_changes_previous_contract_id_fkey FOREIGN KEY (previous_contract_id) REFERENCES contracts(contract_id),
  constraint mode_changes_undoes_fkey FOREIGN KEY (undoes) REFERENCES mode_changes(next_contract_id),
  constraint mode_changes_check CHECK ((from_mode <> to_mode)),
  constraint mode_changes_check1 CHECK (((status = ANY (ARRAY['proposed'::mode_change_status, 'rejected'::mode_change_status])) OR (approver IS NOT NULL))),
  constraint mode_changes_takes_effect_on_check CHECK ((EXTRACT(day FROM takes_effect_on) = (1)::numeric)),
  constraint mode_changes_why_check CHECK (((length(why) >= 1) AND (length(why) <= 2000)))
);
CREATE UNIQUE INDEX one_proposed_mode_change_per_customer ON public.mode_changes USING btree (customer_id) WHERE (status = 'proposed'::mode_change_status);
CREATE UNIQUE INDEX one_roll_back_per_mode_change ON public.mode_changes USING btree (undoes) WHERE (status = ANY (ARRAY['proposed'::mode_change_status, 'approved'::mode_change_status]));

create table outbox (
  event_id uuid not null,
  topic text not null,
  body text not null,
  occurred_at timestamp with time zone not null,
  published_at timestamp with time zone,
  traceparent text,
  constraint outbox_pkey PRIMARY KEY (event_id),
  constraint outbox_traceparent_check CHECK ((traceparent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'::text))
);
CREATE INDEX outbox_unpublished ON public.outbox USING btree (occurred_at) WHERE (published_at IS NULL);

create table plan_approvals (
  plan_version text not null,
  backtest_id bigint not null,
  backtest_digest text not null,
  approver text not null,
  approved_as principal_role not null,
  acknowledged text[] not null,
  approved_at timestamp with time zone not null,
  why text not null,
  constraint plan_approvals_pkey PRIMARY KEY (plan_version, backtest_id, approver),
  constraint plan_approvals_approver_fkey FOREIGN KEY (approver) REFERENCES principals(principal),
  constraint plan_approvals_plan_version_backtest_id_backtest_digest_fkey FOREIGN KEY (plan_version, backtest_id, backtest_digest) REFERENCES plan_backtests(plan_version, backtest_id, backtest_digest),
  constraint plan_approvals_plan_version_fkey FOREIGN KEY (plan_version) REFERENCES plan_versions(plan_version),
  constraint plan_approvals_approved_as_check CHECK ((approved_as = ANY (ARRAY['approver'::principal_role, 'finance'::principal_role]))),
  constraint plan_approvals_why_check CHECK ((length(why) > 0))
);

create table plan_backtests (
  backtest_id bigint not null generated always as identity,
  plan_version text not null,
  document text not null,
  backtest_digest text not null,
  expected_monthly_revenue bigint not null generated always as ((((document)::jsonb ->> 'expectedMonthlyRevenue'::text))::bigint) stored,
  largest_customer_change bigint not null generated always as ((((document)::jsonb ->> 'largestCustomerChange'::text))::bigint) stored,
  made_by text not null,
  made_at timestamp with time zone not null,
  constraint plan_backtests_plan_version_backtest_id_backtest_digest_key UNIQUE (plan_version, backtest_id, backtest_digest),
  constraint plan_backtests_pkey PRIMARY KEY (backtest_id),
  constraint plan_backtests_made_by_fkey FOREIGN KEY (made_by) REFERENCES principals(principal),
  constraint plan_backtests_plan_version_fkey FOREIGN KEY (plan_version) REFERENCES plan_versions(plan_version),
  constraint plan_backtests_check CHECK ((backtest_digest = ('sha256:'::text || encode(sha256(convert_to(document, 'UTF8'::name)), 'hex'::text)))),
  constraint plan_backtests_check1 CHECK ((((document)::jsonb ->> 'planVersion'::text) = plan_version)),
  constraint plan_backtests_check2 CHECK (((expected_monthly_revenue >= 0) AND (largest_customer_change >= 0)))
);

create table plan_versions (
  plan_version text not null,
  plan text not null,
  document text not null,
  currency text not null,
  status plan_version_status not null,
  author text not null,
  submitted_at timestamp with time zone not null,
  diagnostics jsonb not null,
  error_count integer not null generated always as (count_findings(diagnostics, 'error'::text)) stored,
  backtest_id bigint,
  approvals_required integer not null default 2,
  active_from date,
  constraint plan_versions_pkey PRIMARY KEY (plan_version),
  constraint plan_versions_author_fkey FOREIGN KEY (author) REFERENCES principals(principal),
  constraint plan_versions_backtest_id_fkey FOREIGN KEY (backtest_id) REFERENCES plan_backtests(backtest_id),
  constraint plan_versions_plan_fkey FOREIGN KEY (plan) REFERENCES plans(plan),
  constraint plan_versions_approvals_required_check CHECK (((approvals_required >= 1) AND (approvals_required <= 2))),
  constraint plan_versions_check CHECK ((plan_version = ('sha256:'::text || encode(sha256(convert_to(document, 'UTF8'::name)), 'hex'::text)))),
  constraint plan_versions_check1 CHECK (((((document)::jsonb ->> 'plan'::text) = plan) AND (((document)::jsonb ->> 'currency'::text) = currency))),
  constraint plan_versions_check2 CHECK (((status = ANY (ARRAY['draft'::plan_version_status, 'rejected'::plan_version_status])) OR (error_count = 0))),
  constraint plan_versions_check3 CHECK (((status = ANY (ARRAY['draft'::plan_version_status, 'checked'::plan_version_status, 'rejected'::plan_version_status])) OR (backtest_id IS NOT NULL))),
  constraint plan_versions_check4 CHECK (((status = ANY (ARRAY['active'::plan_version_status, 'retired'::plan_version_status])) = (active_from IS NOT NULL))),
  constraint plan_versions_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text)),
  constraint plan_versions_diagnostics_check CHECK (are_findings(diagnostics)),
  constraint plan_versions_plan_version_check CHECK ((plan_version ~ '^sha256:[0-9a-f]{64}$'::text))
);
CREATE UNIQUE INDEX one_active_version_per_plan_and_day ON public.plan_versions USING btree (plan, active_from) WHERE (status = 'active'::plan_version_status);

create table plans (
  plan text not null,
  title text not null,
  constraint plans_pkey PRIMARY KEY (plan),
  constraint plans_plan_check CHECK ((plan ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text))
);

create table principals (
  principal text not null,
  kind principal_kind not null,
  roles principal_role[] not null,
  owner text,
  constraint principals_pkey PRIMARY KEY (principal),
  constraint principals_owner_fkey FOREIGN KEY (owner) REFERENCES principals(principal),
  constraint principals_check CHECK (((kind = 'service'::principal_kind) OR (owner IS NULL)))
);

create table project_ownerships (
  project_id text not null,
  customer_id text not null,
  owned_from date not null,
  owned_to date,
  constraint project_ownerships_project_id_daterange_excl EXCLUDE USING gist (project_id WITH =, daterange(owned_from, owned_to) WITH &&),
  constraint project_ownerships_pkey PRIMARY KEY (project_id, owned_from),
  constraint project_ownerships_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id),
  constraint project_ownerships_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(project_id),
  constraint project_ownerships_check CHECK ((owned_to > owned_from))
);
CREATE INDEX project_ownerships_customer_id_idx ON public.project_ownerships USING btree (customer_id);

create table projects (
  project_id text not null,
  constraint projects_pkey PRIMARY KEY (project_id),
  constraint projects_project_id_check CHECK (((length(project_id) >= 1) AND (length(project_id) <= 100)))
);

create table regions (
  region text not null,
  bigquery_location text,
  active_from date not null,
  active_to date,
  constraint regions_pkey PRIMARY KEY (region),
  constraint regions_check CHECK ((active_to > active_from)),
  constraint regions_region_check CHECK ((region ~ '^[a-z][a-z0-9-]{1,40}$'::text))
);

create table rerating_checkpoints (
  run_id text not null,
  rerating integer not null,
  checkpoint_id bigint not null,
  constraint rerating_checkpoints_pkey PRIMARY KEY (run_id, rerating, checkpoint_id),
  constraint rerating_checkpoints_checkpoint_id_fkey FOREIGN KEY (checkpoint_id) REFERENCES checkpoints(checkpoint_id),
  constraint rerating_checkpoints_run_id_rerating_fkey FOREIGN KEY (run_id, rerating) REFERENCES reratings(run_id, rerating)
);
CREATE INDEX rerating_checkpoints_checkpoint_id_idx ON public.rerating_checkpoints USING btree (checkpoint_id);

create table rerating_shards (
  run_id text not null,
  rerating integer not null,
  shard integer not null,
  customers text[] not null,
  status rerating_shard_status not null,
  author text,
  constraint rerating_shards_pkey PRIMARY KEY (run_id, rerating, shard),
  constraint rerating_shards_run_id_rerating_fkey FOREIGN KEY (run_id, rerating) REFERENCES reratings(run_id, rerating),
  constraint rerating_shards_shard_check CHECK ((shard >= 0))
);

create table reratings (
  run_id text not null,
  rerating integer not null,
  inputs_digest text not null,
  author text not null,
  cause text not null,
  opened_at timestamp with time zone not null,
  constraint reratings_run_id_inputs_digest_key UNIQUE (run_id, inputs_digest),
  constraint reratings_pkey PRIMARY KEY (run_id, rerating),
  constraint reratings_run_id_fkey FOREIGN KEY (run_id) REFERENCES billing_runs(run_id),
  constraint reratings_cause_check CHECK ((cause = ANY (ARRAY['late_usage'::text, 'corrected_terms'::text]))),
  constraint reratings_rerating_check CHECK ((rerating > 0))
);

create table retention_holds (
  hold_id bigint not null generated always as identity,
  month text not null,
  status retention_hold_status not null,
  why text not null,
  author text not null,
  placed_at timestamp with time zone not null,
  approver text,
  released_at timestamp with time zone,
  released_because text,
  constraint retention_holds_pkey PRIMARY KEY (hold_id),
  constraint retention_holds_approver_fkey FOREIGN KEY (approver) REFERENCES principals(principal),
  constraint retention_holds_author_fkey FOREIGN KEY (author) REFERENCES principals(principal),
  constraint retention_holds_check CHECK (((status = 'released'::retention_hold_status) = ((approver IS NOT NULL) AND (released_at IS NOT NULL) AND (released_because IS NOT NULL)))),
  constraint retention_holds_month_check CHECK ((month ~ '^\d{4}-(0[1-9]|1[0-2])$'::text)),
  constraint retention_holds_released_because_check CHECK ((length(btrim(released_because)) > 0)),
  constraint retention_holds_why_check CHECK ((length(btrim(why)) > 0))
);
CREATE UNIQUE INDEX one_hold_per_reason ON public.retention_holds USING btree (month, author, why) WHERE (status = 'in_force'::retention_hold_status);

create table retention_policy (
  only_row boolean not null default true,
  keep_months integer not null,
  clock_ahead_limit interval not null,
  constraint retention_policy_pkey PRIMARY KEY (only_row),
  constraint retention_policy_clock_ahead_limit_check CHECK ((clock_ahead_limit >= '00:00:00'::interval)),
  constraint retention_policy_keep_months_check CHECK ((keep_months >= 24)),
  constraint retention_policy_only_row_check CHECK (only_row)
);

create table run_checkpoints (
  run_id text not null,
  fencing_token integer not null,
  checkpoint_id bigint not null,
  constraint run_checkpoints_pkey PRIMARY KEY (run_id, fencing_token, checkpoint_id),
  constraint run_checkpoints_checkpoint_id_fkey FOREIGN KEY (checkpoint_id) REFERENCES checkpoints(checkpoint_id),
  constraint run_checkpoints_run_id_fkey FOREIGN KEY (run_id) REFERENCES billing_runs(run_id)
);

create table run_contracts (
  run_id text not null,
  fencing_token integer not null,
  contract_id text not null,
  customer_id text not null,
  mode billing_mode not null,
  legacy_plan_version text,
  usage_plan_version text,
  overrides text not null,
  starts_on date not null,
  ends_on date,
  constraint run_contracts_pkey PRIMARY KEY (run_id, fencing_token, customer_id, contract_id),
  constraint run_contracts_contract_id_fkey FOREIGN KEY (contract_id) REFERENCES contracts(contract_id),
  constraint run_contracts_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id),
  constraint run_contracts_legacy_plan_version_fkey FOREIGN KEY (legacy_plan_version) REFERENCES plan_versions(plan_version),
  constraint run_contracts_run_id_fkey FOREIGN KEY (run_id) REFERENCES billing_runs(run_id),
  constraint run_contracts_usage_plan_version_fkey FOREIGN KEY (usage_plan_version) REFERENCES plan_versions(plan_version)
);

create table run_metrics (
  run_id text not null,
  fencing_token integer not null,
  metric text not null,
  divisor numeric not null,
  constraint run_metrics_pkey PRIMARY KEY (run_id, fencing_token, metric),
  constraint run_metrics_metric_fkey FOREIGN KEY (metric) REFERENCES metrics(metric),
  constraint run_metrics_run_id_fkey FOREIGN KEY (run_id) REFERENCES billing_runs(run_id),
  constraint run_metrics_divisor_check CHECK ((divisor > (0)::numeric))
);

create table run_off_cycle_days (
  run_id text not null,
  fencing_token integer not null,
  customer_id text not null,
  from_day date not null,
  to_day date not null,
  constraint run_off_cycle_days_pkey PRIMARY KEY (run_id, fencing_token, customer_id, from_day),
  constraint run_off_cycle_days_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id),
  constraint run_off_cycle_days_run_id_fkey FOREIGN KEY (run_id) REFERENCES billing_runs(run_id),
  constraint run_off_cycle_days_check CHECK ((to_day > from_day))
);

create table run_shards (
  run_id text not null,
  fencing_token integer not null,
  shard integer not null,
  customers text[] not null,
  status run_shard_status not null,
  constraint run_shards_pkey PRIMARY KEY (run_id, fencing_token, shard),
  constraint run_shards_run_id_fkey FOREIGN KEY (run_id) REFERENCES billing_runs(run_id),
  constraint run_shards_shard_check CHECK ((shard >= 0))
);

create table schema_migrations (
  name text not null,
  digest text not null,
  applied_at timestamp with time zone not null default clock_timestamp(),
  constraint schema_migrations_pkey PRIMARY KEY (name)
);

create table shadow_refusals (
  run_id text not null,
  fencing_token integer not null,
  customer_id text not null,
  contract_id text not null,
  reason text not null,
  detail text not null,
  constraint shadow_refusals_pkey PRIMARY KEY (run_id, fencing_token, contract_id),
  constraint shadow_refusals_contract_id_fkey FOREIGN KEY (contract_id) REFERENCES contracts(contract_id),
  constraint shadow_refusals_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id),
  constraint shadow_refusals_run_id_fkey FOREIGN KEY (run_id) REFERENCES billing_runs(run_id)
);

create table state_transitions (
  entity text not null,
  from_state text not null,
  to_state text not null,
  constraint state_transitions_pkey PRIMARY KEY (entity, from_state, to_state)
);

create table stripe_customer_requests (
  customer_id text not null,
  idempotency_key text not null,
  method text not null,
  path text not null,
  body text not null,
  body_digest text not null,
  status stripe_request_status not null,
  response text,
  committed_at timestamp with time zone not null,
  answered_at timestamp with time zone,
  constraint stripe_customer_requests_idempotency_key_key UNIQUE (idempotency_key),
  constraint stripe_customer_requests_pkey PRIMARY KEY (customer_id),
  constraint stripe_customer_requests_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id)
);

create table stripe_differences (
  difference_id bigint not null generated always as identity,
  difference_key text not null,
  period text not null,
  kind text not null,
  invoice_id text,
  stripe_invoice_id text,
  place text,
  local_value text,
  stripe_value text,
  status stripe_difference_status not null,
  found_at timestamp with time zone not null,
  seen_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  accepted_by text,
  why text,
  constraint stripe_differences_pkey PRIMARY KEY (difference_id),
  constraint stripe_differences_accepted_by_fkey FOREIGN KEY (accepted_by) REFERENCES principals(principal),
  constraint stripe_differences_check CHECK (((invoice_id IS NOT NULL) OR (stripe_invoice_id IS NOT NULL))),
  constraint stripe_differences_check1 CHECK (((status = 'resolved'::stripe_difference_status) = (ended_at IS NOT NULL))),
  constraint stripe_differences_check2 CHECK (((status <> 'accepted'::stripe_difference_status) OR ((accepted_by IS NOT NULL) AND (length(TRIM(BOTH FROM why)) > 0)))),
  constraint stripe_differences_check3 CHECK ((seen_at >= found_at)),
  constraint stripe_differences_period_check CHECK ((period ~ '^\d{4}-(0[1-9]|1[0-2])$'::text))
);
CREATE INDEX stripe_differences_period_idx ON public.stripe_differences USING btree (period);
CREATE UNIQUE INDEX one_live_row_per_difference ON public.stripe_differences USING btree (difference_key) WHERE (status <> 'resolved'::stripe_difference_status);

create table stripe_events (
  event_id text not null,
  type text not null,
  object_id text,
  created_at timestamp with time zone not null,
  body_digest text not null,
  outcome text not null,
  reason text,
  applied_at timestamp with time zone not null,
  constraint stripe_events_pkey PRIMARY KEY (event_id),
  constraint stripe_events_check CHECK (((outcome = 'ignored'::text) = (reason IS NOT NULL))),
  constraint stripe_events_outcome_check CHECK ((outcome = ANY (ARRAY['applied'::text, 'ignored'::text])))
);

create table stripe_pace (
  account_mode text not null,
  endpoint text not null,
  empty_until timestamp with time zone not null,
  next_turn timestamp with time zone not null,
  constraint stripe_pace_pkey PRIMARY KEY (account_mode, endpoint),
  constraint stripe_pace_account_mode_check CHECK ((account_mode = ANY (ARRAY['live'::text, 'test'::text])))
);

create table stripe_requests (
  invoice_id text not null,
  step text not null,
  idempotency_key text not null,
  method text not null,
  path text not null,
  body text not null,
  body_digest text not null,
  status stripe_request_status not null,
  response text,
  committed_at timestamp with time zone not null,
  answered_at timestamp with time zone,
  constraint stripe_requests_idempotency_key_key UNIQUE (idempotency_key),
  constraint stripe_requests_pkey PRIMARY KEY (invoice_id, step),
  constraint stripe_requests_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(invoice_id)
);

create table term_corrections (
  contract_id text not null,
  period text not null,
  number integer not null,
  correction_id text not null generated always as (((((contract_id || '/'::text) || period) || '/'::text) || (number)::text)) stored,
  legacy_plan_version text,
  usage_plan_version text,
  overrides text not null,
  status term_correction_status not null,
  author text not null,
  approver text,
  why text not null,
  diagnostics jsonb not null,
  error_count integer not null generated always as (count_findings(diagnostics, 'error'::text)) stored,
  acknowledged text[] not null default '{}'::text[],
  drafted_at timestamp with time zone not null,
  constraint term_corrections_correction_id_key UNIQUE (correction_id),
  constraint term_corrections_pkey PRIMARY KEY (contract_id, period, number),
  constraint term_corrections_approver_fkey FOREIGN KEY (approver) REFERENCES principals(principal),
  constraint term_corrections_author_fkey FOREIGN KEY (author) REFERENCES principals(principal),
  constraint term_corrections_contract_id_fkey FOREIGN KEY (contract_id) REFERENCES contracts(contract_id),
  constraint term_corrections_legacy_plan_version_fkey FOREIGN KEY (legacy_plan_version) REFERENCES plan_versions(plan_version),
  constraint term_corrections_usage_plan_version_fkey FOREIGN KEY (usage_plan_version) REFERENCES plan_versions(plan_version),
  constraint term_corrections_check CHECK (((status = ANY (ARRAY['draft'::term_correction_status, 'rejected'::term_correction_status])) OR (approver IS NOT NULL))),
  constraint term_corrections_check1 CHECK (((status = ANY (ARRAY['draft'::term_correction_status, 'rejected'::term_correction_status])) OR (error_count = 0))),
  constraint term_corrections_diagnostics_check CHECK (are_findings(diagnostics)),
  constraint term_corrections_number_check CHECK ((number > 0)),
  constraint term_corrections_overrides_check CHECK ((jsonb_typeof((overrides)::jsonb) = 'object'::text)),
  constraint term_corrections_period_check CHECK ((period ~ '^\d{4}-(0[1-9]|1[0-2])$'::text)),
  constraint term_corrections_why_check CHECK (((length(why) >= 1) AND (length(why) <= 2000)))
);
CREATE UNIQUE INDEX one_correction_in_force ON public.term_corrections USING btree (contract_id, period) WHERE (status = 'approved'::term_correction_status);
CREATE UNIQUE INDEX one_draft_per_contract_and_period ON public.term_corrections USING btree (contract_id, period) WHERE (status = 'draft'::term_correction_status);

create table usage_anomalies (
  anomaly_id bigint not null generated always as identity,
  customer_id text not null,
  region text not null,
  source_id text not null,
  metric text not null,
  project_id text,
  day date not null,
  kind usage_anomaly_kind not null,
  status usage_anomaly_status not null,
  quantity text not null,
  baseline text not null,
  baseline_days integer not null,
  checkpoint_id bigint not null,
  found_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  ended_by text,
  why text,
  constraint one_finding_per_figure UNIQUE NULLS NOT DISTINCT (day, region, source_id, customer_id, kind, project_id),
  constraint usage_anomalies_pkey PRIMARY KEY (anomaly_id),
  constraint usage_anomalies_checkpoint_id_fkey FOREIGN KEY (checkpoint_id) REFERENCES checkpoints(checkpoint_id),
  constraint usage_anomalies_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id),
  constraint usage_anomalies_metric_fkey FOREIGN KEY (metric) REFERENCES metrics(metric),
  constraint usage_anomalies_region_fkey FOREIGN KEY (region) REFERENCES regions(region),
  constraint usage_anomalies_baseline_days_check CHECK ((baseline_days > 0)),
  constraint usage_anomalies_check CHECK (((kind = 'project_vanished'::usage_anomaly_kind) = (project_id IS NOT NULL))),
  constraint usage_anomalies_check1 CHECK (((status = 'open'::usage_anomaly_status) = (ended_at IS NULL))),
  constraint usage_anomalies_check2 CHECK (((status <> 'released'::usage_anomaly_status) OR ((ended_by IS NOT NULL) AND (length(why) > 0))))
);
CREATE INDEX usage_anomalies_customer_id_day_idx ON public.usage_anomalies USING btree (customer_id, day) WHERE (status = 'open'::usage_anomaly_status);

create table usage_daily (
  day date not null,
  checkpoint_id bigint not null,
  region text not null,
  metric text not null,
  project_id text not null,
  customer_id text,
  quantity numeric not null,
  constraint usage_daily_pkey PRIMARY KEY (day, checkpoint_id, project_id),
  constraint usage_daily_quantity_check CHECK (((quantity >= (0)::numeric) AND (quantity < 'Infinity'::numeric)))
) partition by RANGE (day);
CREATE INDEX usage_daily_checkpoint_id_idx ON ONLY public.usage_daily USING btree (checkpoint_id);

create table usage_daily_default (
  day date not null,
  checkpoint_id bigint not null,
  region text not null,
  metric text not null,
  project_id text not null,
  customer_id text,
  quantity numeric not null,
  constraint usage_daily_default_pkey PRIMARY KEY (day, checkpoint_id, project_id),
  constraint usage_daily_quantity_check CHECK (((quantity >= (0)::numeric) AND (quantity < 'Infinity'::numeric)))
);
CREATE INDEX usage_daily_default_checkpoint_id_idx ON public.usage_daily_default USING btree (checkpoint_id);

create table usage_definitions (
  definition text not null,
  kind usage_definition_kind not null,
  name text not null,
  document text not null,
  configuration text,
  status usage_definition_status not null,
  author text not null,
  submitted_at timestamp with time zone not null,
  approver text,
  approved_at timestamp with time zone,
  why text,
  constraint usage_definitions_pkey PRIMARY KEY (definition),
  constraint usage_definitions_approver_fkey FOREIGN KEY (approver) REFERENCES principals(principal),
  constraint usage_definitions_author_fkey FOREIGN KEY (author) REFERENCES principals(principal),
  constraint usage_definitions_check CHECK ((definition = ('sha256:'::text || encode(sha256(convert_to(document, 'UTF8'::name)), 'hex'::text)))),
  constraint usage_definitions_check1 CHECK ((((document)::jsonb ->> 'kind'::text) = (kind)::text)),
  constraint usage_definitions_check2 CHECK ((name =
CASE kind
    WHEN 'metric'::usage_definition_kind THEN ((document)::jsonb ->> 'metric'::text)
    ELSE ((((document)::jsonb ->> 'source'::text) || '/'::text) || ((document)::jsonb ->> 'region'::text))
END)),
  constraint usage_definitions_check3 CHECK (((kind = 'source'::usage_definition_kind) = (configuration IS NOT NULL))),
  constraint usage_definitions_check4 CHECK (((kind <> 'source'::usage_definition_kind) OR (((document)::jsonb ->> 'configurationDigest'::text) = ('sha256:'::text || encode(sha256(convert_to(configuration, 'UTF8'::name)), 'hex'::text))))),
  constraint usage_definitions_check5 CHECK (((status = ANY (ARRAY['approved'::usage_definition_status, 'retired'::usage_definition_status])) = (approver IS NOT NULL))),
  constraint usage_definitions_check6 CHECK (((approver IS NULL) = (approved_at IS NULL)))
);
CREATE INDEX usage_definitions_kind_name_idx ON public.usage_definitions USING btree (kind, name);

create table usage_partitions (
  month text not null,
  month_from date not null generated always as (make_date(("left"(month, 4))::integer, ("right"(month, 2))::integer, 1)) stored,
  month_to date not null generated always as (((make_date(("left"(month, 4))::integer, ("right"(month, 2))::integer, 1) + '1 mon'::interval))::date) stored,
  status usage_partition_status not null,
  sealed_at timestamp with time zone,
  detached_at timestamp with time zone,
  dropped_at timestamp with time zone,
  row_count bigint,
  totals jsonb,
  digest text,
  constraint usage_partitions_pkey PRIMARY KEY (month),
  constraint usage_partitions_check CHECK (((status = 'open'::usage_partition_status) = (sealed_at IS NULL))),
  constraint usage_partitions_check1 CHECK ((((status = 'open'::usage_partition_status) = (row_count IS NULL)) AND ((row_count IS NULL) = (totals IS NULL)) AND ((row_count IS NULL) = (digest IS NULL)))),
  constraint usage_partitions_check2 CHECK (((status = ANY (ARRAY['detached'::usage_partition_status, 'dropped'::usage_partition_status])) = (detached_at IS NOT NULL))),
  constraint usage_partitions_check3 CHECK (((status = 'dropped'::usage_partition_status) = (dropped_at IS NOT NULL))),
  constraint usage_partitions_month_check CHECK ((month ~ '^\d{4}-(0[1-9]|1[0-2])$'::text))
);

create table usage_snapshot_rows (
  region text not null,
  source_id text not null,
  day date not null,
  project_id text not null,
  customer_id text,
  quantity numeric not null,
  constraint usage_snapshot_rows_pkey PRIMARY KEY (region, source_id, day, project_id),
  constraint usage_snapshot_rows_region_source_id_day_fkey FOREIGN KEY (region, source_id, day) REFERENCES usage_snapshots(region, source_id, day) ON DELETE CASCADE,
  constraint usage_snapshot_rows_project_id_check CHECK ((project_id <> ''::text)),
  constraint usage_snapshot_rows_quantity_check CHECK (((quantity >= (0)::numeric) AND (quantity < 'Infinity'::numeric)))
);
CREATE INDEX usage_snapshot_rows_customer_id_day_idx ON public.usage_snapshot_rows USING btree (customer_id, day);

create table usage_snapshots (
  region text not null,
  source_id text not null,
  day date not null,
  source_version integer not null,
  metric text not null,
  as_of timestamp with time zone,
  row_count integer not null default 0,
  tried_for timestamp with time zone not null,
  failure_reason text,
  failure_detail text,
  constraint usage_snapshots_pkey PRIMARY KEY (region, source_id, day),
  constraint usage_snapshots_metric_fkey FOREIGN KEY (metric) REFERENCES metrics(metric),
  constraint usage_snapshots_region_fkey FOREIGN KEY (region) REFERENCES regions(region),
  constraint usage_snapshots_source_id_region_source_version_fkey FOREIGN KEY (source_id, region, source_version) REFERENCES usage_sources(source_id, region, version),
  constraint usage_snapshots_check CHECK (((failure_reason IS NULL) = (failure_detail IS NULL))),
  constraint usage_snapshots_check1 CHECK (((as_of IS NOT NULL) OR (failure_reason IS NOT NULL))),
  constraint usage_snapshots_check2 CHECK ((as_of <= tried_for)),
  constraint usage_snapshots_row_count_check CHECK ((row_count >= 0))
);

create table usage_sources (
  source_id text not null,
  version integer not null,
  metric text not null,
  region text not null,
  configuration jsonb not null,
  configuration_digest text not null,
  active_from date not null,
  active_to date,
  definition text,
  constraint usage_sources_metric_region_daterange_excl EXCLUDE USING gist (metric WITH =, region WITH =, daterange(active_from, active_to) WITH &&),
  constraint usage_sources_source_id_region_daterange_excl EXCLUDE USING gist (source_id WITH =, region WITH =, daterange(active_from, active_to) WITH &&),
  constraint usage_sources_pkey PRIMARY KEY (source_id, region, version),
  constraint usage_sources_definition_fkey FOREIGN KEY (definition) REFERENCES usage_definitions(definition),
  constraint usage_sources_metric_fkey FOREIGN KEY (metric) REFERENCES metrics(metric),
  constraint usage_sources_region_fkey FOREIGN KEY (region) REFERENCES regions(region),
  constraint usage_sources_check CHECK ((active_to > active_from)),
  constraint usage_sources_source_id_check CHECK ((source_id ~ '^[a-z][a-z0-9-]{0,62}$'::text)),
  constraint usage_sources_version_check CHECK ((version > 0))
);

create table usage_staged (
  checkpoint_id bigint not null,
  project_id text not null,
  customer_id text,
  quantity numeric not null,
  constraint usage_staged_pkey PRIMARY KEY (checkpoint_id, project_id),
  constraint usage_staged_project_id_check CHECK ((project_id <> ''::text)),
  constraint usage_staged_quantity_check CHECK (((quantity >= (0)::numeric) AND (quantity < 'Infinity'::numeric)))
);

CREATE OR REPLACE FUNCTION public.adjusted_of(of_customer text, of_period text)
 RETURNS numeric
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce(sum(abs(a.total)), 0) from adjustments a
  where a.customer_id = of_customer and a.period = of_period and a.status not in ('rejected', 'superseded')
$function$;

CREATE OR REPLACE FUNCTION public.approvals_required_for(of_currency text, expected_monthly_revenue bigint, largest_customer_change bigint)
 RETURNS integer
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce((select case when $2 >= t.expected_monthly_revenue or $3 >= t.customer_change then 2 else 1 end
                   from approval_thresholds t where t.currency = $1), 2)
$function$;

CREATE OR REPLACE FUNCTION public.are_findings(diagnostics jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE STRICT
 SET search_path TO 'pg_catalog'
AS $function$
  select case when jsonb_typeof(diagnostics) = 'array'
    then jsonb_array_length(diagnostics) = jsonb_array_length(jsonb_path_query_array(diagnostics,
      'strict $[*] ? (@.type() == "object" && (@.severity == "error" || @.severity == "warning") && @.code.type() == "string")'))
    else false end
$function$;

CREATE OR REPLACE FUNCTION public.attach_usage_month(of_month text, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET lock_timeout TO '500ms'
AS $function$
declare
  month_row usage_partitions := begin_retention_step(of_month, at, 'attaches a month');
begin
  if month_row.status <> 'detached' then return false; end if;
  execute format('alter table %I rename to %I', detached_month_name(of_month), usage_partition_name(of_month));
  execute format('alter table usage_daily attach partition %I for values from (%L) to (%L)',
                 usage_partition_name(of_month), month_row.month_from, month_row.month_to);
  execute format('grant select on %I to daybook_app', usage_partition_name(of_month));
  update usage_partitions p set status = 'sealed', detached_at = null where p.month = of_month;
  return true;
end $function$;

CREATE OR REPLACE FUNCTION public.audit_append(action text, subject text, detail jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  actor_name text := coalesce(nullif(current_setting('daybook.actor', true), ''), 'database:' || session_user);
  reason text := coalesce(nullif(current_setting('daybook.why', true), ''), 'not stated');
  -- The instant is the caller's: rules and records never read the server's clock where a time is passed in.
  instant timestamptz := coalesce(nullif(current_setting('daybook.now', true), '')::timestamptz, clock_timestamp());
  last_entry audit_head;
  written record;
  next_sequence bigint;
  next_hash bytea;
begin
  perform pg_advisory_xact_lock(hashtext('audit_log'));
  select * into strict last_entry from audit_head;
  -- An append of the version before, which ran while this one came, knew of no head: the log goes on from what it wrote.
  select l.sequence, l.hash into written from audit_log l order by l.sequence desc limit 1;
  if written.sequence > last_entry.sequence then
    last_entry.sequence := written.sequence;
    last_entry.hash := written.hash;
  end if;
  next_sequence := last_entry.sequence + 1;
  next_hash := audit_hash(last_entry.hash, next_sequence, instant, actor_name, action, subject, reason, detail);
  insert into audit_log (sequence, at, actor, action, subject, why, detail, previous_hash, hash)
  values (next_sequence, instant, actor_name, action, subject, reason, detail, last_entry.hash, next_hash);
  update audit_head set sequence = next_sequence, hash = next_hash;
end $function$;

CREATE OR REPLACE FUNCTION public.audit_hash(previous_hash bytea, sequence bigint, at timestamp with time zone, actor text, action text, subject text, why text, detail jsonb)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select sha256(previous_hash || convert_to(jsonb_build_array(
    sequence, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), actor, action, subject, why, detail)::text, 'UTF8'))
$function$;

CREATE OR REPLACE FUNCTION public.audit_hold()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform audit_append(case when tg_op = 'INSERT' then 'invoice.hold_placed' else 'invoice.hold_released' end, new.invoice_id,
                       jsonb_build_object('hold', new.hold, 'reason', new.reason, 'detail', new.detail));
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.audit_policy_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform audit_append('retention_policy.changed', 'retention_policy', jsonb_build_object('before', to_jsonb(old), 'after', to_jsonb(new)));
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.audit_rule_approval()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform audit_append('billing_run.approved_by_rule', new.run_id,
    (select jsonb_build_object('rule', rule_id, 'terms', terms, 'approvers', jsonb_build_array(approver, second_approver))
     from close_rules where rule_id = new.approval_rule));
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.audit_seal(through_day date, at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  last_seal audit_seals;
  head record;
  of_day date;
  sealed integer := 0;
begin
  if through_day >= (at at time zone 'UTC')::date then
    raise exception 'day % is not over at %, and cannot be sealed', through_day, at
      using errcode = 'DB005', hint = 'Seal it after its end.';
  end if;
  -- The lock of audit_append: no entry is on its way while its predecessors are counted.
  perform pg_advisory_xact_lock(hashtext('audit_log'));
  select * into last_seal from audit_seals s order by s.day desc limit 1;
  of_day := coalesce(last_seal.day + 1, (select (min(l.at) at time zone 'UTC')::date from audit_log l));
  while of_day <= through_day loop
    select l.sequence, l.hash into head from audit_log l
      where l.sequence >= coalesce(last_seal.last_sequence, 0) and l.at < (of_day + 1)::timestamp at time zone 'UTC'
      order by l.sequence desc limit 1;
    -- Entries whose clock was ahead may leave a day with nothing new: it repeats the seal before.
    head.sequence := coalesce(head.sequence, last_seal.last_sequence);
    head.hash := coalesce(head.hash, last_seal.last_hash);
    insert into audit_seals (day, last_sequence, last_hash, entries, sealed_at, previous_hash, hash)
    values (of_day, head.sequence, head.hash, head.sequence - coalesce(last_seal.last_sequence, 0), at, coalesce(last_seal.hash, '\x'),
            audit_seal_hash(coalesce(last_seal.hash, '\x'), of_day, head.sequence, head.hash,
                            head.sequence - coalesce(last_seal.last_sequence, 0), at))
    returning * into last_seal;
    sealed := sealed + 1;
    of_day := of_day + 1;
  end loop;
  return sealed;
end $function$;

CREATE OR REPLACE FUNCTION public.audit_seal_hash(previous_hash bytea, day date, last_sequence bigint, last_hash bytea, entries bigint, sealed_at timestamp with time zone)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog'
AS $function$
  select sha256(previous_hash || convert_to(jsonb_build_array(
    to_char(day, 'YYYY-MM-DD'), last_sequence, encode(last_hash, 'hex'), entries,
    to_char(sealed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text, 'UTF8'))
$function$;

CREATE OR REPLACE FUNCTION public.audit_transition()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  before_state text := case when tg_op = 'INSERT' then '' else old.status::text end;
  facts jsonb := to_jsonb(new);
  detail jsonb := jsonb_build_object('from', before_state, 'to', new.status::text);
begin
  if before_state is distinct from new.status::text then
    if tg_nargs > 2 then
      detail := detail || jsonb_build_object('noted',
        (select jsonb_object_agg(name, facts -> name) from unnest(tg_argv) with ordinality n (name, place) where place > 2));
    end if;
    perform audit_append(tg_argv[0] || '.' || new.status::text, facts ->> tg_argv[1], detail);
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.audit_waiver()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform audit_append('completeness_waiver.' || new.status, format('%s/%s/%s', new.region, new.source_id, to_char(new.day, 'YYYY-MM-DD')),
    jsonb_build_object('from', case when tg_op = 'INSERT' then '' else old.status::text end, 'to', new.status, 'author', new.author, 'why', new.why));
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.begin_retention_step(of_month text, at timestamp with time zone, deed text)
 RETURNS usage_partitions
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  found usage_partitions;
begin
  if at > clock_timestamp() + (select clock_ahead_limit from retention_policy) then
    raise exception '% is ahead of the clock of the database, which says %', at, clock_timestamp()
      using errcode = 'DB005', hint = 'Set the clock right; retention_policy.clock_ahead_limit says how far apart they may be.';
  end if;
  perform require_actor(current_actor(), array['operator', 'finance']::principal_role[], 'the one who ' || deed);
  perform pg_advisory_xact_lock(usage_month_lock(of_month));
  select * into found from usage_partitions p where p.month = of_month for update;
  if found.month is null then
    raise exception 'there is no partition of %', of_month
      using errcode = 'DB005', hint = 'See those that there are: daybook retention plan.';
  end if;
  return found;
end $function$;

CREATE OR REPLACE FUNCTION public.billed_of(of_customer text, of_run text)
 RETURNS numeric
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce((select sum(c.amount) from charges c join invoices i using (invoice_id)
                   where i.customer_id = of_customer and i.run_id = of_run and c.purpose = 'billed'
                     and i.status not in ('void', 'superseded')), 0)
       + coalesce((select sum(a.total + lapsed_credits_of(a.adjustment_id)) from adjustments a
                   where a.customer_id = of_customer and a.run_id = of_run and a.status in ('placed', 'applied')), 0)
$function$;

CREATE OR REPLACE FUNCTION public.clear_staged_usage()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  delete from usage_staged where checkpoint_id = old.checkpoint_id;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.count_findings(diagnostics jsonb, of_severity text)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE STRICT
 SET search_path TO 'pg_catalog'
AS $function$
  select jsonb_array_length(jsonb_path_query_array(diagnostics, 'strict $[*] ? (@.severity == $severity)',
                                                   jsonb_build_object('severity', of_severity)))
$function$;

CREATE OR REPLACE FUNCTION public.current_actor()
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog'
AS $function$
  select nullif(current_setting('daybook.actor', true), '')
$function$;

CREATE OR REPLACE FUNCTION public.detach_usage_month(of_month text, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET lock_timeout TO '500ms'
AS $function$
declare
  month_row usage_partitions := begin_retention_step(of_month, at, 'detaches a month');
begin
  if month_row.status in ('detached', 'dropped') then return false; end if;
  if month_row.status <> 'sealed' then
    raise exception '% is still open', of_month using errcode = 'DB005', hint = 'A month is sealed before it is detached.';
  end if;
  perform require_unneeded_month(month_row, at);
  execute format('alter table usage_daily detach partition %I', usage_partition_name(of_month));
  execute format('revoke all on %I from daybook_app', usage_partition_name(of_month));
  execute format('alter table %I rename to %I', usage_partition_name(of_month), detached_month_name(of_month));
  update usage_partitions p set status = 'detached', detached_at = at where p.month = of_month;
  return true;
end $function$;

CREATE OR REPLACE FUNCTION public.detached_month_name(of_month text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE STRICT
 SET search_path TO 'pg_catalog'
AS $function$
  select 'usage_detached_' || replace(of_month, '-', '')
$function$;

CREATE OR REPLACE FUNCTION public.drop_usage_month(of_month text, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET lock_timeout TO '500ms'
AS $function$
declare
  month_row usage_partitions := begin_retention_step(of_month, at, 'drops a month');
  table_name text := detached_month_name(of_month);
  sums record;
begin
  if month_row.status = 'dropped' then return false; end if;
  if month_row.status <> 'detached' then
    raise exception '% is %', of_month, month_row.status using errcode = 'DB005', hint = 'A month is detached before it is dropped.';
  end if;
  perform require_unneeded_month(month_row, at);
  select * into sums from sum_usage_month(of_month, table_name::regclass);
  if (sums.row_count, sums.totals, sums.digest) is distinct from (month_row.row_count, month_row.totals, month_row.digest) then
    raise exception 'the rows of % are not those that were sealed: % rows with digest %, sealed were % with %',
      of_month, sums.row_count, sums.digest, month_row.row_count, month_row.digest
      using errcode = 'DB004', hint = 'Someone has changed rows beside Daybook: compare with a backup before anything else.';
  end if;
  perform audit_append('usage_rows.dropped', of_month, jsonb_build_object(
    'partition', usage_partition_name(of_month), 'rows', sums.row_count, 'totals', sums.totals, 'digest', sums.digest, 'checkpoints', sums.checkpoints));
  execute format('drop table %I', table_name);
  update usage_partitions p set status = 'dropped', dropped_at = at where p.month = of_month;
  return true;
end $function$;

CREATE OR REPLACE FUNCTION public.enforce_transition()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  before_state text := case when tg_op = 'INSERT' then '' else old.status::text end;
begin
  if before_state is distinct from new.status::text
     and not exists (select from state_transitions
                     where entity = tg_argv[0] and from_state = before_state and to_state = new.status::text) then
    raise exception '% cannot go from "%" to "%"', tg_argv[0], before_state, new.status
      using errcode = 'DB001', hint = 'The allowed transitions are listed in state_transitions.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.exception_affects_money(of_class text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE STRICT
 SET search_path TO 'pg_catalog'
AS $function$
  select of_class not in ('aggregation_failed', 'stray_usage', 'retention_failed')
$function$;

CREATE OR REPLACE FUNCTION public.first_open_day(at timestamp with time zone)
 RETURNS date
 LANGUAGE sql
 IMMUTABLE STRICT
 SET search_path TO 'pg_catalog'
AS $function$
  select (date_trunc('quarter', at at time zone 'UTC') - interval '3 months')::date
$function$;

CREATE OR REPLACE FUNCTION public.freeze_billing_terms()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if old.status <> 'draft' or new.status <> 'draft' then
    raise exception 'the billing terms of contract % are immutable', old.contract_id
      using errcode = 'DB002', hint = 'End it and draft another contract.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.freeze_checkpoint()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.status <> 'running' and to_jsonb(old) - 'status' is distinct from to_jsonb(new) - 'status' then
    raise exception 'checkpoint % is immutable', old.checkpoint_id
      using errcode = 'DB002', hint = 'A rerun makes a new revision: daybook usage rerun --region R --day D.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.freeze_contract()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if old.contract_id <> new.contract_id or (old.status <> 'draft' or new.status <> 'draft') and
     ((old.customer_id, old.mode, old.legacy_plan_version, old.usage_plan_version, old.overrides, old.starts_on, old.author, old.diagnostics)
      is distinct from
      (new.customer_id, new.mode, new.legacy_plan_version, new.usage_plan_version, new.overrides, new.starts_on, new.author, new.diagnostics)
      or (old.ends_on is distinct from new.ends_on and not (old.status <> 'ended' and new.status = 'ended'))
      or (old.status <> 'draft' and (old.approver, old.acknowledged) is distinct from (new.approver, new.acknowledged))) then
    raise exception 'the terms of contract % are immutable', old.contract_id
      using errcode = 'DB002', hint = 'End it and draft another contract.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.freeze_credit()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if (old.credit_id, old.adjustment_id, old.kind, old.customer_id, old.invoice_id, old.carrier_invoice_id, old.currency, old.amount)
     is distinct from (new.credit_id, new.adjustment_id, new.kind, new.customer_id, new.invoice_id, new.carrier_invoice_id, new.currency, new.amount)
     or old.status = 'issued' then
    raise exception 'credit % is immutable', old.credit_id using errcode = 'DB002';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.freeze_invoice()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if (old.customer_id, old.period, old.series, old.currency, old.subtotal, old.total, old.document, old.document_digest, old.author, old.rating_number)
     is distinct from
     (new.customer_id, new.period, new.series, new.currency, new.subtotal, new.total, new.document, new.document_digest, new.author, new.rating_number) then
    raise exception 'the amounts of invoice % are immutable', old.invoice_id
      using errcode = 'DB002', hint = 'A correction is an adjustment, never an edit.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.freeze_plan_version()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if (old.plan_version, old.plan, old.document, old.currency, old.author, old.submitted_at) is distinct from
     (new.plan_version, new.plan, new.document, new.currency, new.author, new.submitted_at)
     or (old.diagnostics is distinct from new.diagnostics and (old.status <> 'draft' or new.status <> 'draft'))
     or (old.active_from is not null and old.active_from is distinct from new.active_from) then
    raise exception 'plan version % is immutable', old.plan_version
      using errcode = 'DB002', hint = 'Submit the changed plan as a new version.';
  end if;
  -- Whoever changes the backtest by hand, the approval is void as well.
  if old.backtest_id is distinct from new.backtest_id and old.status = 'approved' and new.status <> 'in_review' then
    raise exception 'the backtest of approved plan version % cannot change', old.plan_version
      using errcode = 'DB002', hint = 'A new backtest brings the version back into review.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.freeze_usage_definition()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if (old.definition, old.kind, old.name, old.document, old.configuration, old.author, old.submitted_at) is distinct from
     (new.definition, new.kind, new.name, new.document, new.configuration, new.author, new.submitted_at)
     or (old.approver is not null and (old.approver, old.approved_at, old.why) is distinct from (new.approver, new.approved_at, new.why)) then
    raise exception 'definition % of % is immutable', old.definition, old.name
      using errcode = 'DB002', hint = 'Submit the change as a new definition.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.freeze_usage_source()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if to_jsonb(old) - 'active_to' is distinct from to_jsonb(new) - 'active_to'
     or (old.active_to is not null and old.active_to is distinct from new.active_to) then
    raise exception 'version % of source % in % is immutable', old.version, old.source_id, old.region
      using errcode = 'DB002', hint = 'Submit the change as a new definition: daybook sources submit FILE.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.give_adjustments_back()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  update credits set status = 'cancelled' where carrier_invoice_id = new.invoice_id and status = 'planned';
  update credits set lapsed = false where carrier_invoice_id = new.invoice_id and lapsed;
  update adjustments a set status = 'superseded'
    where new.status = 'void' and a.customer_id = new.customer_id and a.run_id = new.run_id and a.status in ('proposed', 'approved');
  -- What was corrected again in the meantime is open already, and the newer one was computed with this one placed: both are due.
  update adjustments set status = 'approved', invoice_id = null where invoice_id = new.invoice_id and status in ('placed', 'applied');
  if new.status = 'void' then
    update credits set status = 'cancelled', lapsed = true
      where invoice_id = new.invoice_id and status in ('planned', 'committed', 'failed');
    update adjustments a set status = 'applied'
      where a.status = 'placed' and exists (select from credits k where k.adjustment_id = a.adjustment_id and k.invoice_id = new.invoice_id and k.lapsed)
        and not exists (select from credits k where k.adjustment_id = a.adjustment_id and k.status not in ('issued', 'cancelled'))
        and (a.invoice_id is null or exists (select from invoices i where i.invoice_id = a.invoice_id and i.status in ('finalized', 'paid', 'uncollectible')));
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.guard_legacy_contract()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if new.status <> 'approved' or old.status <> 'draft' then
    return new;
  end if;
  if exists (select from plan_versions v where v.plan_version = new.legacy_plan_version
               and coalesce(v.document::jsonb -> 'metrics', '{}') <> '{}') then
    raise exception 'contract % would bill %, which meters usage, as a fixed tier', new.contract_id, new.legacy_plan_version
      using errcode = 'DB005', hint = 'A legacy plan has no metrics: it bills its flat amount, whatever is used.';
  end if;
  if new.mode = 'legacy' and new.overrides::jsonb <> '{}' then
    raise exception 'contract % overrides a fixed tier', new.contract_id
      using errcode = 'DB005', hint = 'A fixed tier is what it is: choose another tier, or put overrides on a usage plan.';
  end if;
  if new.mode <> 'usage'
     and exists (select from contracts c where c.customer_id = new.customer_id and c.contract_id <> new.contract_id and c.mode = 'usage'
                   and c.status in ('active', 'ended') and (c.ends_on is null or c.ends_on > c.starts_on))
     and not exists (select from mode_changes m where m.next_contract_id = new.contract_id and m.status in ('proposed', 'approved')) then
    raise exception 'customer % has been on usage, and contract % would bill a fixed tier again', new.customer_id, new.contract_id
      using errcode = 'DB003', hint = 'Give a reason for it: daybook contracts change-mode CONTRACT --to legacy --why "…".';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.guard_retention_hold()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if tg_op = 'INSERT' then
    perform require_actor(new.author, array['operator', 'approver', 'finance']::principal_role[], 'the one who holds a month');
    perform pg_advisory_xact_lock_shared(usage_month_lock(new.month));
    if exists (select from usage_partitions p where p.month = new.month and p.status = 'dropped') then
      raise exception 'the usage rows of % have been dropped; there is nothing left to hold', new.month
        using errcode = 'DB005', hint = 'The figures that were kept stand in the audit log: daybook retention plan.';
    end if;
  elsif (old.month, old.why, old.author, old.placed_at) is distinct from (new.month, new.why, new.author, new.placed_at) then
    raise exception 'hold % is what it was placed as', old.hold_id
      using errcode = 'DB002', hint = 'Release it, and place another.';
  elsif new.status = 'released' and old.status <> 'released' then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'the one who releases a month');
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.is_billed_again(of_customer text, in_currency text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select exists (
    select from contracts k
    join plan_versions v on v.plan_version = case k.mode when 'usage' then k.usage_plan_version else k.legacy_plan_version end
    where k.customer_id = of_customer and k.status in ('approved', 'active', 'ended') and v.currency = in_currency
      and (k.ends_on is null or (k.ends_on > k.starts_on and k.ends_on > (
        select max(r.period_to) from billing_runs r
        where r.contract_id is null and r.status in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed'))))
      and not exists (select from billing_runs o where o.contract_id = k.contract_id
        and o.status in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed')))
$function$;

CREATE OR REPLACE FUNCTION public.is_closed_day(of_day date)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select exists (select from billing_runs r where r.scope = 'month' and r.period_from <= of_day and r.period_to > of_day
    and r.status in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed'))
$function$;

CREATE OR REPLACE FUNCTION public.keep_off_cycle_end()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if exists (select from billing_runs r where r.contract_id = new.contract_id) then
    raise exception 'contract % has an off-cycle run, and its end stays %', new.contract_id, old.ends_on
      using errcode = 'DB005', hint = 'Draft another contract from that day.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.keep_principal_kind()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if old.principal <> new.principal or old.kind <> new.kind then
    raise exception 'principal % keeps its name and kind', old.principal using errcode = 'DB002';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.keep_stripe_mapping()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if old.stripe_customer_id is not null and current_user = 'daybook_app' then
    raise exception 'customer % is mapped to % and stays so', old.customer_id, old.stripe_customer_id
      using errcode = 'DB002', hint = 'Merge the two in Stripe, or add another customer.';
  end if;
  perform audit_append('customer.mapped', new.customer_id, jsonb_build_object('stripe_customer_id', new.stripe_customer_id));
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.kept_until(month_to date)
 RETURNS date
 LANGUAGE sql
 STABLE STRICT
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select (month_to + make_interval(months => p.keep_months))::date from retention_policy p
$function$;

CREATE OR REPLACE FUNCTION public.lapsed_credits_of(of_adjustment text)
 RETURNS numeric
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce(sum(k.amount), 0) from credits k join invoices i on i.invoice_id = k.invoice_id
  where k.adjustment_id = of_adjustment and i.status = 'void' and (k.status <> 'cancelled' or k.lapsed)
$function$;

CREATE OR REPLACE FUNCTION public.note_who_opened()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  new.opened_by := current_actor();
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.period_inputs_digest(of_run text)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select case when t.terms is null then run_inputs_digest(of_run)
    else 'sha256:' || encode(sha256(convert_to(run_inputs_digest(of_run) || E'\n\n' || t.terms, 'UTF8')), 'hex') end
  from (select string_agg(format('%s#%s', k.contract_id, k.number), E'\n' order by k.contract_id) as terms
        from term_corrections k join billing_runs r on r.period = k.period and (r.contract_id is null or r.contract_id = k.contract_id)
        where r.run_id = of_run and k.status = 'approved') t
$function$;

CREATE OR REPLACE FUNCTION public.person_behind(identity text)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce((select owner from principals where principal = identity), identity)
$function$;

CREATE OR REPLACE FUNCTION public.pin_terms(of_run billing_runs)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  insert into run_contracts (run_id, fencing_token, contract_id, customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, ends_on)
  select of_run.run_id, of_run.fencing_token, c.contract_id, c.customer_id, c.mode, c.legacy_plan_version, c.usage_plan_version, c.overrides, c.starts_on, c.ends_on
  from contracts c where run_bills_contract(of_run, c)
  on conflict do nothing;
  insert into run_metrics (run_id, fencing_token, metric, divisor)
  select of_run.run_id, of_run.fencing_token, m.metric, m.divisor from metrics m
  on conflict do nothing;
  insert into run_off_cycle_days (run_id, fencing_token, customer_id, from_day, to_day)
  select of_run.run_id, of_run.fencing_token, c.customer_id, o.period_from, o.period_to
  from billing_runs o join contracts c on c.contract_id = o.contract_id
  where of_run.contract_id is null and o.period = of_run.period
  on conflict do nothing;
$function$;

CREATE OR REPLACE FUNCTION public.pin_terms_of_complete_run()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform pin_terms(new);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.prepare_usage_partitions(for_day date)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET lock_timeout TO '500ms'
AS $function$
declare
  month_start date := date_trunc('quarter', for_day)::date;
  month_name text;
begin
  for i in 0..5 loop
    month_name := to_char(month_start, 'YYYY-MM');
    if not exists (select from usage_partitions p where p.month = month_name) then
      perform pg_advisory_xact_lock(hashtext('usage_partitions'));
      if not exists (select from usage_partitions p where p.month = month_name) then
        execute format('create table %I partition of usage_daily for values from (%L) to (%L)',
                       usage_partition_name(month_name), month_start, (month_start + interval '1 month')::date);
        execute format('grant select, insert on %I to daybook_app', usage_partition_name(month_name));
        insert into usage_partitions (month, status) values (month_name, 'open');
      end if;
    end if;
    month_start := (month_start + interval '1 month')::date;
  end loop;
  perform require_open_month(for_day);
end $function$;

CREATE OR REPLACE FUNCTION public.put_backtest_under_review()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  update plan_versions v
    set backtest_id = new.backtest_id,
        approvals_required = approvals_required_for(v.currency, new.expected_monthly_revenue, new.largest_customer_change),
        status = case when v.status = 'approved' then 'in_review' else v.status end
    where v.plan_version = new.plan_version;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.put_definition_in_force()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  content jsonb := new.document::jsonb;
  first_day date := content ->> 'activeFrom';
  latest usage_sources;
  other text;
begin
  if new.kind = 'metric' then
    insert into metrics (metric, title, unit, rollup, divisor)
    values (content ->> 'metric', content ->> 'title', content ->> 'unit', (content ->> 'rollup')::rollup, (content ->> 'divisor')::numeric)
    on conflict (metric) do nothing;
    if not found then
      perform raise_definition_conflict(format('metric %s is in force already', new.name));
    end if;
    return null;
  end if;
  -- One approval at a time for the sources of a region: none of them sees half of another's.
  perform pg_advisory_xact_lock(hashtextextended('usage_sources:' || (content ->> 'region'), 0));
  select * into latest from usage_sources
    where source_id = content ->> 'source' and region = content ->> 'region' order by version desc limit 1;
  if latest.active_from >= first_day or latest.active_to > first_day then
    perform raise_definition_conflict(format('%s has a version from %s to %s; a new one begins on a later day than it',
                                             new.name, latest.active_from, coalesce(latest.active_to::text, 'now on')));
  end if;
  select s.source_id into other from usage_sources s
    where s.metric = content ->> 'metric' and s.region = content ->> 'region' and s.source_id <> content ->> 'source'
      and daterange(s.active_from, s.active_to) && daterange(first_day, null) limit 1;
  if other is not null then
    perform raise_definition_conflict(format('%s is counted by the source %s in %s already', content ->> 'metric', other, content ->> 'region'));
  end if;
  update usage_sources set active_to = first_day
    where source_id = latest.source_id and region = latest.region and version = latest.version and active_to is null;
  update usage_definitions set status = 'retired' where definition = latest.definition and status = 'approved';
  insert into usage_sources (source_id, version, metric, region, configuration, configuration_digest, active_from, definition)
  values (content ->> 'source', coalesce(latest.version, 0) + 1, content ->> 'metric', content ->> 'region',
          new.configuration::jsonb, content ->> 'configurationDigest', first_day, new.definition);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.raise_definition_conflict(problem text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '%', problem using errcode = 'DB010', hint = 'See what is in force: daybook sources list.';
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% on % is refused: its rows are never changed or removed', tg_op, tg_table_name
    using errcode = 'DB002', hint = 'Record a correction as a new row instead.';
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_going_back()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.sequence <= old.sequence then
    raise exception 'the head of the audit log goes on from %, and not back to %', old.sequence, new.sequence
      using errcode = 'DB002', hint = 'Only audit_append moves it.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_issue_under_void()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if exists (select from invoice_voids where invoice_id = new.invoice_id and status = 'approved') then
    raise exception 'invoice % is being voided and is not issued again', new.invoice_id using errcode = 'DB001';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_self_approval()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  author_name text;
begin
  if tg_table_name = 'plan_approvals' then
    select author into author_name from plan_versions where plan_version = new.plan_version;
  else
    author_name := new.author;
  end if;
  if new.approver is not null and person_behind(author_name) = person_behind(new.approver) then
    raise exception '% is the author and cannot approve: a second person must', new.approver
      using errcode = 'DB003', hint = 'Ask someone else with the role approver or finance.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_usage_of_ended_month()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if tg_op = 'INSERT' then
    perform require_open_month(new.day);
    return new;
  end if;
  raise exception '% on % is refused: the month is sealed', tg_op, tg_table_name
    using errcode = 'DB002', hint = 'Its rows are what invoices rest on until daybook retention drops them.';
end $function$;

CREATE OR REPLACE FUNCTION public.require_accepting_person()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if (old.difference_key, old.period, old.kind, old.invoice_id, old.stripe_invoice_id, old.place, old.local_value, old.stripe_value, old.found_at)
     is distinct from
     (new.difference_key, new.period, new.kind, new.invoice_id, new.stripe_invoice_id, new.place, new.local_value, new.stripe_value, new.found_at) then
    raise exception 'difference % is immutable', old.difference_id using errcode = 'DB002';
  end if;
  if new.status = 'accepted' and old.status <> 'accepted' then
    perform require_actor(new.accepted_by, array['finance', 'approver']::principal_role[], 'the one who accepts a difference');
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_actor(principal_name text, needed principal_role[], deed text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  found principals;
begin
  if principal_name is distinct from current_actor() then
    raise exception '% cannot act as %: the transaction is of %', principal_name, deed, coalesce(current_actor(), 'nobody')
      using errcode = 'DB003', hint = 'Each principal acts in its own name.';
  end if;
  select * into found from principals where principal = principal_name;
  if found.roles is null or not found.roles && needed then
    raise exception '% has not the role to act as %: it takes %', principal_name, deed, array_to_string(needed, ' or ')
      using errcode = 'DB003', hint = 'Roles are granted where the deployment is configured.';
  end if;
  if found.kind = 'service' and found.owner is null then
    raise exception '% cannot act as %: nobody stands behind this service account', principal_name, deed
      using errcode = 'DB003', hint = 'Give the account an owner, or act as a person.';
  end if;
end $function$;

CREATE OR REPLACE FUNCTION public.require_adjustment_to_add_up()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  line_sum numeric;
  billed_before numeric := billed_of(new.customer_id, new.run_id);
begin
  select coalesce(sum((l ->> 'amount')::numeric), 0) into line_sum from jsonb_array_elements(new.document::jsonb -> 'lines') l;
  if line_sum <> new.total then
    raise exception 'the lines of adjustment % add up to %, its total is %', new.adjustment_id, line_sum, new.total using errcode = 'DB004';
  end if;
  if billed_before <> new.billed then
    raise exception 'adjustment % corrects %, and % was billed', new.adjustment_id, new.billed, billed_before using errcode = 'DB004';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_adjustment_to_stand_in_full()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  standing numeric;
begin
  if new.status not in ('placed', 'applied') or not exists (
    select from adjustments a where a.adjustment_id = new.adjustment_id and a.status = new.status and a.invoice_id is not distinct from new.invoice_id) then
    return null;
  end if;
  select coalesce((select sum(c.amount) from charges c where c.adjustment_id = new.adjustment_id and c.invoice_id = new.invoice_id), 0)
       - coalesce((select sum(k.amount) from credits k where k.adjustment_id = new.adjustment_id and (k.status <> 'cancelled' or k.lapsed)), 0)
    into standing;
  if standing <> new.total then
    raise exception 'adjustment % of % is placed with %', new.adjustment_id, new.total, standing using errcode = 'DB004';
  end if;
  if new.status = 'applied' and exists (select from credits k where k.adjustment_id = new.adjustment_id and k.status not in ('issued', 'cancelled')) then
    raise exception 'adjustment % has credits that are not in Stripe yet', new.adjustment_id using errcode = 'DB004';
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.require_allowed_adjustment_step()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if to_jsonb(old) - '{status,approver,decided_at,invoice_id}'::text[] is distinct from to_jsonb(new) - '{status,approver,decided_at,invoice_id}'::text[] then
    raise exception 'adjustment % is immutable', old.adjustment_id using errcode = 'DB002', hint = 'A correction of it is another adjustment.';
  end if;
  if old.status <> 'proposed' and (old.approver, old.decided_at) is distinct from (new.approver, new.decided_at) then
    raise exception 'adjustment % was decided before', old.adjustment_id using errcode = 'DB002';
  end if;
  if old.status = 'proposed' and new.status in ('approved', 'rejected') then
    if new.approver is null then
      if new.status = 'rejected' or not exists (select from adjustment_policies p where p.currency = new.currency
                                                  and adjusted_of(new.customer_id, new.period) <= p.automatic_up_to) then
        raise exception 'adjustment % is over the limit of its policy: a person must decide', new.adjustment_id
          using errcode = 'DB003', hint = 'daybook adjustments approve ID, by someone with the role approver or finance.';
      end if;
    else
      perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
      if person_behind(new.author) = person_behind(new.approver)
         or exists (select from term_corrections t join contracts c using (contract_id)
                    where c.customer_id = new.customer_id and t.period = new.period and t.status = 'approved'
                      and person_behind(t.author) = person_behind(new.approver)) then
        raise exception '% has brought about adjustment % and cannot decide on it: a second person must', new.approver, new.adjustment_id
          using errcode = 'DB003', hint = 'Ask someone else with the role approver or finance.';
      end if;
    end if;
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_allowed_backfill_step()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if tg_op = 'INSERT' then
    perform require_actor(new.author, array['operator']::principal_role[], 'the one who starts a backfill');
  elsif (old.from_day, old.to_day, old.region, old.source_id, old.author, old.why, old.opened_at)
        is distinct from (new.from_day, new.to_day, new.region, new.source_id, new.author, new.why, new.opened_at)
        or (old.approver is not null and old.approver is distinct from new.approver) then
    raise exception 'backfill % keeps its scope, its author and its approver', old.backfill_id
      using errcode = 'DB002', hint = 'Start another one.';
  end if;
  if new.approver is not null and (tg_op = 'INSERT' or old.approver is null) then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
  end if;
  if new.status = 'rejected' then
    perform require_actor(current_actor(), array['operator', 'approver', 'finance']::principal_role[], 'the one who rejects a backfill');
  end if;
  if new.status = 'running' and new.approver is null and exists (
      select from billing_runs r where r.scope = 'month' and daterange(r.period_from, r.period_to) && daterange(new.from_day, new.to_day)
        and r.status in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed')) then
    raise exception 'a rerun of % to % reaches into a closed period: a second person must approve it', new.from_day, new.to_day - 1
      using errcode = 'DB003', hint = 'Ask someone else with the role approver or finance: daybook usage approve-backfill ID.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_allowed_contract_step()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  missing text[];
  other_mode billing_mode;
begin
  if new.status = 'approved' and old.status = 'draft' then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
    missing := unacknowledged_warnings(new.diagnostics, new.acknowledged);
    if missing <> '{}' then
      raise exception 'contract % has warnings that were not acknowledged: %', new.contract_id, array_to_string(missing, ', ')
        using errcode = 'DB003', hint = 'Acknowledge each by its code.';
    end if;
    if exists (select from plan_versions v where v.plan_version in (new.legacy_plan_version, new.usage_plan_version)
                 and v.status not in ('approved', 'active')) then
      raise exception 'a plan version of contract % is not approved', new.contract_id
        using errcode = 'DB003', hint = 'Approve the plan version first.';
    end if;
    perform require_open_days(new.starts_on, new.ends_on, 'contract ' || new.contract_id);
    select c.mode into other_mode from contracts c
      where c.customer_id = new.customer_id and c.status <> 'draft' and c.ends_on > c.starts_on
        and c.mode <> new.mode and c.ends_on = new.starts_on;
    if found and extract(day from new.starts_on) <> 1 then
      raise exception 'contract % changes the billing mode from % to % on %, inside a period', new.contract_id, other_mode, new.mode, new.starts_on
        using errcode = 'DB005', hint = 'Let it start on the first day of a month.';
    end if;
  end if;
  if new.status = 'active' and old.status <> 'active' then
    perform require_actor(current_actor(), array['author', 'operator', 'approver', 'finance']::principal_role[], 'the one who activates a contract');
    perform require_open_days(new.starts_on, new.ends_on, 'contract ' || new.contract_id);
    if exists (select from plan_versions v where v.plan_version in (new.legacy_plan_version, new.usage_plan_version)
                 and (v.status <> 'active' or v.active_from > new.starts_on)) then
      raise exception 'a plan version of contract % is not active on %', new.contract_id, new.starts_on
        using errcode = 'DB005', hint = 'Activate the plan version from that day or an earlier one first.';
    end if;
  end if;
  if new.status = 'ended' and old.status <> 'ended' then
    perform require_actor(current_actor(), array['approver', 'finance']::principal_role[], 'the one who ends a contract');
    if new.ends_on > old.ends_on then
      raise exception 'contract % ends on % and cannot be prolonged', new.contract_id, old.ends_on
        using errcode = 'DB002', hint = 'Draft another contract from that day.';
    end if;
    perform require_open_days(new.ends_on, old.ends_on, 'the end of contract ' || new.contract_id);
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_allowed_definition_step()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if new.status = 'approved' and old.status <> 'approved' then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
    if new.kind = 'source' then
      perform require_open_days((new.document::jsonb ->> 'activeFrom')::date, null, 'source ' || new.name);
    end if;
  elsif new.status = 'rejected' and old.status <> 'rejected' and person_behind(current_actor()) is distinct from person_behind(new.author) then
    perform require_actor(current_actor(), array['approver', 'finance']::principal_role[], 'the one who rejects a definition');
  elsif new.status = 'retired' and old.status <> 'retired'
        and (new.kind = 'metric' or exists (select from usage_sources where definition = new.definition and active_to is null)) then
    raise exception 'definition % of % is still in force', new.definition, new.name
      using errcode = 'DB001', hint = 'It retires when another definition takes over.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_allowed_mode_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if tg_op = 'INSERT' then
    if not exists (select from contracts n join contracts p on p.contract_id = new.previous_contract_id and p.customer_id = n.customer_id
                   where n.contract_id = new.next_contract_id and n.customer_id = new.customer_id and n.mode = new.to_mode
                     and p.mode = new.from_mode and n.starts_on = new.takes_effect_on and n.status = 'draft') then
      raise exception 'the change of mode % does not say what its contracts say', new.next_contract_id using errcode = 'DB005';
    end if;
    return new;
  end if;
  if to_jsonb(old) - '{status,approver}'::text[] is distinct from to_jsonb(new) - '{status,approver}'::text[]
     or (old.status <> 'proposed' and old.approver is distinct from new.approver) then
    raise exception 'the change of mode % is immutable', old.next_contract_id using errcode = 'DB002', hint = 'Propose another.';
  end if;
  perform require_actor(current_actor(), array['approver', 'finance']::principal_role[], 'the one who decides on a change of mode');
  if new.status = 'approved' and old.status = 'proposed' then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
    perform require_open_days(new.takes_effect_on, (new.takes_effect_on + interval '1 month')::date, 'the change of mode ' || new.next_contract_id);
  end if;
  if new.status = 'rolled_back' then
    perform require_open_days(new.takes_effect_on, (new.takes_effect_on + interval '1 month')::date, 'the roll-back of ' || new.next_contract_id);
    if not exists (select from mode_changes u where u.undoes = new.next_contract_id and u.status = 'approved') then
      raise exception 'the change of mode % has no approved roll-back', new.next_contract_id
        using errcode = 'DB003', hint = 'A roll-back is proposed by one person and approved by another.';
    end if;
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_allowed_plan_step()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if new.status = 'active' and old.status <> 'active' then
    perform require_actor(current_actor(), array['author', 'operator', 'approver', 'finance']::principal_role[], 'the one who activates a plan');
    perform require_open_days(new.active_from, null, 'plan version ' || new.plan_version);
  elsif new.status = 'retired' and old.status <> 'retired' then
    perform require_actor(current_actor(), array['author', 'operator', 'approver', 'finance']::principal_role[], 'the one who retires a plan');
  elsif new.status = 'rejected' and old.status <> 'rejected' and person_behind(current_actor()) is distinct from person_behind(new.author) then
    perform require_actor(current_actor(), array['approver', 'finance']::principal_role[], 'the one who rejects a plan');
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_allowed_term_correction()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  missing text[];
  subject text := 'the correction of contract ' || new.contract_id;
begin
  if tg_op = 'INSERT' then
    perform require_closed_period(new.contract_id, new.period, subject);
    if not exists (select from contracts c join billing_runs r on r.period = new.period and r.contract_id is null
                   where c.contract_id = new.contract_id and c.status in ('active', 'ended')
                     and c.starts_on < r.period_to and (c.ends_on is null or (c.ends_on > r.period_from and c.ends_on > c.starts_on))) then
      raise exception '% names %, in which the contract was not in force', subject, new.period using errcode = 'DB005';
    end if;
    return new;
  end if;
  -- Generated columns have no value yet in a trigger before the row.
  if to_jsonb(old) - '{status,approver,acknowledged,error_count,correction_id}'::text[] is distinct from to_jsonb(new) - '{status,approver,acknowledged,error_count,correction_id}'::text[]
     or (old.status <> 'draft' and (old.approver, old.acknowledged) is distinct from (new.approver, new.acknowledged)) then
    raise exception '% is immutable', subject using errcode = 'DB002', hint = 'Draft another correction.';
  end if;
  if new.status in ('approved', 'rejected') and old.status = 'draft' then
    perform require_actor(current_actor(), array['approver', 'finance']::principal_role[], 'approver');
  end if;
  if new.status = 'approved' then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
    missing := unacknowledged_warnings(new.diagnostics, new.acknowledged);
    if missing <> '{}' then
      raise exception '% has warnings that were not acknowledged: %', subject, array_to_string(missing, ', ')
        using errcode = 'DB003', hint = 'Acknowledge each by its code.';
    end if;
    if exists (select from plan_versions v where v.plan_version in (new.legacy_plan_version, new.usage_plan_version)
                 and v.status not in ('active', 'retired')) then
      raise exception 'a plan version of % was never active', subject using errcode = 'DB005', hint = 'Activate the plan version first.';
    end if;
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_allowed_waiver_step()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if tg_op = 'UPDATE' and new.status <> 'proposed'
     and (old.region, old.source_id, old.day, old.author, old.why, old.proposed_at)
         is distinct from (new.region, new.source_id, new.day, new.author, new.why, new.proposed_at) then
    raise exception 'the waiver of %/%/% is decided as it was proposed', old.region, old.source_id, old.day
      using errcode = 'DB002', hint = 'Propose it again with other words, then let a second person approve.';
  end if;
  case new.status
    when 'proposed' then
      perform require_actor(new.author, array['operator', 'author', 'finance']::principal_role[], 'the one who proposes a waiver');
    when 'approved' then
      perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
    when 'rejected' then
      perform require_actor(current_actor(), array['operator', 'author', 'approver', 'finance']::principal_role[], 'the one who rejects a waiver');
  end case;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_anomaly_releaser()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform require_actor(new.ended_by, array['approver', 'finance']::principal_role[], 'the one who releases an anomaly');
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_approved_rerun()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if is_closed_day(new.day)
     and exists (select from principals p where p.principal = person_behind(current_actor()) and p.kind = 'person')
     and not exists (select from backfills b join backfill_cells c using (backfill_id)
       where c.day = new.day and c.region = new.region and c.source_id = new.source_id and c.status = 'running'
         and b.status = 'running' and b.approver is not null) then
    raise exception '%/%/% has other figures now, and its period is closed: a second person must approve the rerun', new.region, new.source_id, new.day
      using errcode = 'DB003', hint = format('Propose it: daybook usage rerun --region %s --day %s --source %s --why "…".', new.region, new.day, new.source_id);
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_author()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform require_actor(new.author, array['author']::principal_role[], 'author');
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_closed_period(of_contract text, of_period text, subject text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform from billing_runs r where r.period = of_period and (r.contract_id is null or r.contract_id = of_contract)
    and r.status in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed') for share;
  if not found then
    raise exception '% corrects %, whose run is not approved', subject, of_period
      using errcode = 'DB005', hint = 'End the contract and draft another from that day; the run takes it up.';
  end if;
end $function$;

CREATE OR REPLACE FUNCTION public.require_credit_within_invoice()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  reduced invoices;
  credited numeric;
begin
  if new.kind = 'credit_note' then
    select * into reduced from invoices i where i.invoice_id = new.invoice_id for update;
    if reduced.status in ('void', 'superseded') then
      raise exception 'invoice % was voided while credit % was planned', new.invoice_id, new.credit_id using errcode = '40001';
    end if;
    select coalesce(sum(c.amount), 0) into credited from credits c where c.invoice_id = new.invoice_id and c.status <> 'cancelled';
    if credited + new.amount > reduced.total then
      raise exception 'credit notes of % on invoice % would be above its total of %', credited + new.amount, new.invoice_id, reduced.total
        using errcode = 'DB004', hint = 'What the invoice cannot bear goes to the customer''s balance.';
    end if;
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_kept_usage()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  gone text;
begin
  perform pg_advisory_xact_lock_shared(usage_month_lock(m.month))
    from (select distinct to_char(c.day, 'YYYY-MM') as month from pinned n join checkpoints c using (checkpoint_id) order by 1) m;
  select p.month into gone from usage_partitions p
    where p.status in ('detached', 'dropped')
      and exists (select from pinned n join checkpoints c using (checkpoint_id) where c.day >= p.month_from and c.day < p.month_to)
    order by p.month limit 1;
  if gone is not null then
    raise exception 'a run cannot rest on usage of %: its rows are gone', gone
      using errcode = 'DB005', hint = 'What was billed stands in the invoices; daybook invoice explain shows what was kept.';
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.require_lines_to_add_up()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  line_sum numeric;
begin
  select coalesce(sum(amount), 0) into line_sum from charges where invoice_id = new.invoice_id;
  if line_sum <> new.subtotal then
    raise exception 'the lines of invoice % add up to %, its subtotal is %', new.invoice_id, line_sum, new.subtotal
      using errcode = 'DB004';
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.require_mapped_since()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if old.hold_reason not like 'no\_stripe\_customer:%'
     or exists (select from invoice_holds h where h.invoice_id = new.invoice_id and h.released_by is null)
     or not exists (select from customers c where c.customer_id = new.customer_id and c.stripe_customer_id is not null)
     or not exists (select from billing_runs r where r.run_id = new.run_id and r.status in ('issuing', 'issuing_failed', 'issued')) then
    raise exception 'invoice % is held: %', new.invoice_id, old.hold_reason
      using errcode = 'DB003', hint = 'daybook invoice release ID --why "…", by someone who did not place the hold.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_month_for_attempt()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform pg_advisory_xact_lock_shared(usage_month_lock(to_char(new.day, 'YYYY-MM')));
  perform require_open_month(new.day);
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_nothing_open()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  open_thing text;
begin
  perform require_actor(new.closed_by, array['finance']::principal_role[], 'the one who closes a run');
  select min(o.thing) into open_thing from run_open_things(new.run_id) o where o.thing <> all (new.left_open);
  if open_thing is not null then
    raise exception 'run % cannot be closed: % is open', new.run_id, open_thing
      using errcode = 'DB005', hint = 'Bring it to its end, or leave it on purpose: daybook run close PERIOD --leave ID --why "…".';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_off_cycle_days()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  contract contracts;
begin
  select * into contract from contracts where contract_id = new.contract_id for update;
  if contract.status not in ('active', 'ended') or contract.ends_on is distinct from new.period_to
     or new.period_from <> greatest(contract.starts_on, date_trunc('month', new.period_to - 1)::date)
     or to_char(new.period_from, 'YYYY-MM') <> new.period then
    raise exception 'the days from % to % are not the last ones of contract % in %', new.period_from, new.period_to, new.contract_id, new.period
      using errcode = 'DB005', hint = 'End the contract first; its days are those up to its end.';
  end if;
  perform require_open_days(new.period_from, new.period_to, 'the off-cycle run of contract ' || new.contract_id);
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_open_days(from_day date, to_day date, subject text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  closed_period text;
begin
  perform from billing_runs r where r.contract_id is null and daterange(r.period_from, r.period_to) && daterange(from_day, to_day) for share;
  select max(r.period) into closed_period from billing_runs r
    where r.contract_id is null and daterange(r.period_from, r.period_to) && daterange(from_day, to_day)
      and r.status in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed');
  if closed_period is not null then
    raise exception '% would change %, which is closed', subject, closed_period
      using errcode = 'DB005', hint = 'Choose a day after the last closed period.';
  end if;
end $function$;

CREATE OR REPLACE FUNCTION public.require_open_month(of_day date)
 RETURNS void
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  found_status usage_partition_status;
begin
  select p.status into found_status from usage_partitions p where p.month = to_char(of_day, 'YYYY-MM');
  if found_status <> 'open' then
    raise exception 'usage of % does not change any more: it is %', to_char(of_day, 'YYYY-MM'), found_status
      using errcode = 'DB005',
            hint = 'The current and the previous quarter can be read again; what was billed before is corrected by an adjustment.';
  end if;
end $function$;

CREATE OR REPLACE FUNCTION public.require_other_releaser()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if tg_op = 'INSERT' then
    if new.placed_by is distinct from current_actor() or new.released_by is not null then
      raise exception 'a hold on invoice % is placed in one''s own name, and released later', new.invoice_id using errcode = 'DB003';
    end if;
    return new;
  end if;
  if old.released_by is not null
     or (to_jsonb(old) - '{released_by,released_at,released_why}'::text[]) is distinct from (to_jsonb(new) - '{released_by,released_at,released_why}'::text[]) then
    raise exception 'hold % of invoice % is immutable', old.hold, old.invoice_id using errcode = 'DB002';
  end if;
  perform require_actor(new.released_by, array['approver', 'finance']::principal_role[], 'the one who releases');
  if person_behind(new.placed_by) = person_behind(new.released_by) then
    raise exception '% placed the hold on invoice % and cannot release it: a second person must', new.released_by, new.invoice_id
      using errcode = 'DB003', hint = 'Ask someone else with the role approver or finance.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_other_rule_approvers()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if tg_op = 'INSERT' then
    perform require_actor(new.author, array['author', 'finance']::principal_role[], 'author');
    if new.approver is not null then raise exception 'rule % is proposed first', new.rule_id using errcode = 'DB003'; end if;
    return new;
  end if;
  if (old.rule_id, old.kind, old.currency, old.terms, old.author, old.proposed_at)
     is distinct from (new.rule_id, new.kind, new.currency, new.terms, new.author, new.proposed_at)
     or (old.approver is not null and old.approver is distinct from new.approver)
     or (old.second_approver is not null and old.second_approver is distinct from new.second_approver) then
    raise exception 'rule % is immutable', old.rule_id using errcode = 'DB002', hint = 'Propose another rule.';
  end if;
  if old.approver is distinct from new.approver then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
  end if;
  if old.second_approver is distinct from new.second_approver then
    perform require_actor(new.second_approver, array['approver', 'finance']::principal_role[], 'approver');
  end if;
  if new.status in ('retired', 'withdrawn') and old.status <> new.status then
    perform require_actor(current_actor(), array['approver', 'finance', 'author']::principal_role[], 'the one who ends a rule');
  end if;
  if person_behind(new.approver) = person_behind(new.author) or person_behind(new.second_approver) = person_behind(new.author)
     or person_behind(new.second_approver) = person_behind(new.approver) then
    raise exception 'rule % takes approvers who are neither its author nor each other', new.rule_id
      using errcode = 'DB003', hint = 'Ask someone else with the role approver or finance.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_owner_to_be_a_person()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if new.owner is not null and not exists (select from principals where principal = new.owner and kind = 'person') then
    raise exception 'the owner of % must be a person, and % is none', new.principal, new.owner using errcode = 'DB003';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_plan_approvals()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  needed integer;
  valid integer;
  by_finance integer;
begin
  if new.status = 'approved' and old.status is distinct from new.status then
    select greatest(new.approvals_required,
                    approvals_required_for(new.currency, b.expected_monthly_revenue, b.largest_customer_change))
      into needed from plan_backtests b where b.backtest_id = new.backtest_id and b.plan_version = new.plan_version;
    select count(distinct person_behind(a.approver)), count(*) filter (where a.approved_as = 'finance')
      into valid, by_finance
      from plan_approvals a
      where a.plan_version = new.plan_version and a.backtest_id = new.backtest_id
        and person_behind(a.approver) <> person_behind(new.author);
    if needed is null or valid < needed or (needed > 1 and by_finance = 0) then
      raise exception 'plan version % has % valid approvals of % required', new.plan_version, valid, coalesce(needed, 2)
        using errcode = 'DB003', hint = 'Approvals count only for the backtest they were given for; above the threshold one must be of finance.';
    end if;
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_reissuer()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform require_actor(new.author, array['operator', 'approver', 'finance']::principal_role[], 'the one who bills anew');
  if not exists (select from invoices i where (i.customer_id, i.period, i.series, i.status) = (new.customer_id, new.period, new.series, 'void')) then
    raise exception 'no invoice of % for % was voided: there is nothing to bill anew', new.customer_id, new.period
      using errcode = 'DB005', hint = 'daybook invoice void ID --why "…" comes first.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_released()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  run billing_runs;
begin
  if exists (select from invoice_holds h where h.invoice_id = new.invoice_id and h.released_by is null) then
    raise exception 'invoice % is held', new.invoice_id
      using errcode = 'DB003', hint = 'daybook invoice release ID --why "…", by someone who did not place the hold.';
  end if;
  if old.status = 'held' then
    if not exists (select from invoice_holds h where h.invoice_id = new.invoice_id) then
      raise exception 'invoice % could not be rated: there is nothing to release', new.invoice_id
        using errcode = 'DB003', hint = 'Mend the cause and rate again: daybook run rate PERIOD.';
    end if;
    return new;
  end if;
  select * into run from billing_runs where run_id = new.run_id for share;
  case run.status
    when 'approved' then null; -- The run's own sign-off.
    when 'issuing', 'issuing_failed', 'issued' then
      perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
      if person_behind(new.approver) = person_behind(run.author)
         or exists (select from invoice_holds h where h.invoice_id = new.invoice_id and person_behind(h.released_by) = person_behind(new.approver)) then
        raise exception '% released invoice % or made its run and cannot approve it: a second person must', new.approver, new.invoice_id
          using errcode = 'DB003', hint = 'Ask someone else with the role approver or finance.';
      end if;
    else
      raise exception 'invoice % is approved with its run, which is %', new.invoice_id, run.status
        using errcode = 'DB005', hint = 'daybook run approve PERIOD --why "…"';
  end case;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_run_approver()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  stands text := run_review_digest(new.run_id);
  rule close_rules;
  objection text;
begin
  if run_has_changed(new) then
    raise exception 'the inputs of run % have changed since it was rated', new.run_id
      using errcode = 'DB005', hint = 'It is rated anew before it is reviewed: daybook run rate PERIOD.';
  end if;
  if new.approval_rule is null then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
  else
    select * into rule from close_rules where rule_id = new.approval_rule for share;
    objection := rule_objection(rule, new);
    if objection is not null then
      raise exception 'rule % does not approve run %: %', new.approval_rule, new.run_id, objection using errcode = 'DB003';
    end if;
  end if;
  if coalesce(new.reviewed_digest, stands) <> stands then
    raise exception 'run % has changed since it was reviewed', new.run_id
      using errcode = 'DB005', hint = 'Review it again: daybook run show PERIOD.';
  end if;
  new.reviewed_digest := stands;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_unneeded_month(month_row usage_partitions, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  blocker record;
begin
  if kept_until(month_row.month_to) > (at at time zone 'UTC')::date then
    raise exception 'the rows of % are kept until %', month_row.month, kept_until(month_row.month_to)
      using errcode = 'DB005', hint = 'retention_policy.keep_months says for how long; it is never shorter than 24.';
  end if;
  select * into blocker from retention_blockers(month_row.month) limit 1;
  if found then
    raise exception 'the rows of % are still needed: % % %', month_row.month, replace(blocker.kind, '_', ' '), blocker.subject, blocker.detail
      using errcode = 'DB005', hint = 'See what keeps each month: daybook retention plan.';
  end if;
end $function$;

CREATE OR REPLACE FUNCTION public.require_valid_plan_approval()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  version plan_versions;
  missing text[];
begin
  perform require_actor(new.approver, array[new.approved_as], 'approver');
  select * into version from plan_versions where plan_version = new.plan_version for update;
  if version.status is distinct from 'in_review' then
    raise exception 'plan version % is % and not in review', new.plan_version, version.status using errcode = 'DB001';
  end if;
  if version.backtest_id is distinct from new.backtest_id then
    raise exception 'plan version % has a newer backtest than the one approved', new.plan_version
      using errcode = 'DB003', hint = 'Review the new backtest, then approve.';
  end if;
  missing := unacknowledged_warnings(version.diagnostics, new.acknowledged);
  if missing <> '{}' then
    raise exception 'plan version % has warnings that were not acknowledged: %', new.plan_version, array_to_string(missing, ', ')
      using errcode = 'DB003', hint = 'Acknowledge each by its code.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_void_principals()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if tg_op = 'INSERT' then
    perform require_actor(new.author, array['operator', 'approver', 'finance']::principal_role[], 'the one who asks for a void');
  elsif (old.invoice_id, old.author, old.why, old.asked_at) is distinct from (new.invoice_id, new.author, new.why, new.asked_at) then
    raise exception 'what was asked about invoice % is immutable', old.invoice_id using errcode = 'DB002';
  elsif new.status = 'approved' and old.status <> 'approved' then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'the approver of a void');
  elsif (old.approver, old.approved_at) is distinct from (new.approver, new.approved_at) then
    raise exception 'the approval of the void of invoice % is immutable', old.invoice_id using errcode = 'DB002';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_waiver()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if coalesce(length(btrim(new.why)), 0) = 0 then
    raise exception 'exception % cannot be waived without a reason', new.exception_id
      using errcode = 'DB003', hint = 'Say why: --why "what was decided".';
  end if;
  if not exception_affects_money(new.class) then
    perform require_actor(new.ended_by, array['operator', 'approver', 'finance']::principal_role[], 'the one who waives an exception');
    return new;
  end if;
  perform require_actor(new.ended_by, array['approver', 'finance']::principal_role[], 'the one who waives an exception about money');
  if person_behind(new.opened_by) = person_behind(new.ended_by) then
    raise exception '% caused exception % and cannot waive it: a second person must', new.ended_by, new.exception_id
      using errcode = 'DB003', hint = 'Ask someone else with the role approver or finance.';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.retention_blockers(of_month text)
 RETURNS TABLE(kind text, subject text, detail text)
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  with month as (
    select p.month_from, p.month_to from usage_partitions p where p.month = of_month
  ), resting as (
    select r.run_id, r.status from billing_runs r, month m
    where r.period_from < m.month_to and r.period_to > m.month_from
       or exists (select from run_checkpoints n join checkpoints c using (checkpoint_id)
                  where n.run_id = r.run_id and c.day >= m.month_from and c.day < m.month_to)
  )
  select 'held', h.hold_id::text, format('by %s: %s', h.author, h.why)
  from retention_holds h where h.month = of_month and h.status = 'in_force'
  union all
  select 'run_not_closed', r.run_id, 'is ' || r.status from resting r where r.status <> 'closed'
  union all
  select 'invoice_open', i.invoice_id, 'is ' || i.status from invoices i join resting r using (run_id)
  where i.status not in ('paid', 'void', 'uncollectible', 'superseded')
  union all
  select 'exception_open', e.exception_id::text, format('%s of %s', e.class, e.subject) from exceptions e
  where e.status not in ('resolved', 'waived') and position(of_month in e.subject) > 0
  union all
  select 'attempt_running', format('%s/%s/%s', c.region, c.source_id, c.day), 'is being read'
  from checkpoints c, month m where c.day >= m.month_from and c.day < m.month_to and c.status = 'running'
$function$;

CREATE OR REPLACE FUNCTION public.retention_plan(at timestamp with time zone)
 RETURNS TABLE(month text, status text, step text, blockers jsonb, kept_until date)
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  with months as (
    select p.month, p.status, p.month_to, kept_until(p.month_to) as kept_until,
      p.month_to <= first_open_day(at) as is_sealable,
      kept_until(p.month_to) <= (at at time zone 'UTC')::date as is_old
    from usage_partitions p
  ), blocked as (
    select m.*, (
      select coalesce(jsonb_agg(jsonb_build_object('kind', b.kind, 'subject', b.subject, 'detail', b.detail) order by b.kind, b.subject), '[]')
      from (
        select s.* from sealing_blockers(m.month, at) s where m.status = 'open' and m.is_sealable
        union all
        select r.* from retention_blockers(m.month) r where m.status <> 'dropped' and (r.kind = 'held' or m.is_old and m.status in ('sealed', 'detached'))
      ) b) as blockers
    from months m
  )
  select b.month, b.status::text,
    case
      when b.status = 'open' and b.is_sealable and not jsonb_path_exists(b.blockers, '$[*] ? (@.kind != "held")') then 'seal'
      when b.status = 'sealed' and b.is_old and b.blockers = '[]' then 'drop'
      when b.status = 'detached' then case when b.blockers = '[]' then 'drop' else 'attach' end
      else 'none'
    end, b.blockers, b.kept_until
  from blocked b
  union all
  select to_char(q.month_from, 'YYYY-MM'), 'absent', 'make', '[]', kept_until((q.month_from + interval '1 month')::date)
  from (select (date_trunc('quarter', at at time zone 'UTC') + make_interval(months => i))::date as month_from from generate_series(0, 5) i) q
  where not exists (select from usage_partitions p where p.month = to_char(q.month_from, 'YYYY-MM'))
  order by 1
$function$;

CREATE OR REPLACE FUNCTION public.rule_objection(rule close_rules, run billing_runs)
 RETURNS text
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  terms jsonb := rule.terms::jsonb;
  own record;
  last_total numeric;
begin
  if rule.kind is distinct from 'automatic_approval' or rule.status <> 'in_force' then return 'no rule is in force'; end if;
  if run.contract_id is not null then return 'an off-cycle run takes a person'; end if;
  if run_has_changed(run) then return 'its inputs have changed since it was rated'; end if;
  if exists (select from invoices i join invoice_holds h using (invoice_id) where i.run_id = run.run_id and i.status not in ('superseded', 'void')) then
    return 'an invoice is or was held';
  end if;
  if exists (select from run_open_things(run.run_id) o where o.thing like 'exception:%') then return 'an exception is open'; end if;
  if not exists (select from invoices i where i.run_id = run.run_id and i.status = 'rated') then return 'nothing is billed'; end if;
  for own in select currency, sum(total) as total from invoices where run_id = run.run_id and status not in ('superseded', 'void') group by currency order by currency loop
    if terms -> 'limitsMinor' ->> own.currency is null then return own.currency || ' has no limit'; end if;
    if abs(own.total) > (terms -> 'limitsMinor' ->> own.currency)::numeric then return own.currency || ' is above its limit'; end if;
    select sum(i.total) into last_total from invoices i join billing_runs r using (run_id)
      where r.contract_id is null and r.period = to_char((run.period || '-01')::date - 1, 'YYYY-MM')
        and i.series = 'usage' and i.currency = own.currency and i.status not in ('superseded', 'void');
    if last_total is null then return own.currency || ' has no last period'; end if;
    if abs(own.total - last_total) > abs(last_total) * (terms ->> 'maxChange')::numeric then return own.currency || ' changes more than allowed'; end if;
  end loop;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.run_bills_contract(run billing_runs, contract contracts)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select contract.status in ('active', 'ended')
    and contract.starts_on < run.period_to
    and (contract.ends_on is null or (contract.ends_on > run.period_from and contract.ends_on > contract.starts_on))
    and case when run.contract_id is not null then contract.contract_id = run.contract_id
        else not exists (select from billing_runs o where o.contract_id = contract.contract_id and o.period = run.period) end
$function$;

CREATE OR REPLACE FUNCTION public.run_has_changed(run billing_runs)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select run_inputs_digest(run.run_id) is distinct from run.inputs_digest
    or exists (
      select from generate_series(run.period_from, run.period_to - 1, interval '1 day') d (day)
      join usage_sources s on s.active_from <= d.day and (s.active_to is null or s.active_to > d.day)
      join regions g on g.region = s.region and g.active_from <= d.day and (g.active_to is null or g.active_to > d.day)
      where not exists (select from checkpoints c where c.day = d.day and c.region = s.region and c.source_id = s.source_id and c.status = 'complete')
        and not exists (select from completeness_waivers w where w.day = d.day and w.region = s.region and w.source_id = s.source_id and w.status = 'approved'))
$function$;

CREATE OR REPLACE FUNCTION public.run_inputs_digest(of_run text)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select 'sha256:' || encode(sha256(convert_to(
    coalesce((select string_agg(format('%s/%s/%s@%s %s', c.region, c.source_id, c.day, c.revision, c.digest), E'\n'
                                order by c.region, c.source_id, c.day)
              from checkpoints c where c.day >= r.period_from and c.day < r.period_to and c.status = 'complete'), '')
    || E'\n\n' ||
    coalesce((select string_agg(format('%s %s %s %s %s %s %s', k.contract_id, k.mode, k.legacy_plan_version,
                                       k.usage_plan_version, k.overrides, k.starts_on, k.ends_on), E'\n' order by k.contract_id)
              from contracts k where run_bills_contract(r, k)), ''), 'UTF8')), 'hex')
  from billing_runs r where r.run_id = of_run
$function$;

CREATE OR REPLACE FUNCTION public.run_open_things(of_run text)
 RETURNS TABLE(thing text, state text, why text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select i.invoice_id, i.status::text, coalesce(i.hold_reason, i.failure_detail, '')
  from invoices i where i.run_id = of_run and i.status in ('rated', 'held', 'approved', 'drafted', 'verified', 'stripe_failed')
  union all
  select v.invoice_id, 'void', 'billed to nobody; daybook invoice reissue ' || v.invoice_id || ' --why "…" bills it anew'
  from unbilled_voids(of_run) v
  union all
  select 'exception:' || e.exception_id, e.class || ' ' || e.status, e.detail
  from exceptions e where e.status not in ('resolved', 'waived')
    and (e.subject = of_run or e.subject like replace(of_run, '_', '\_') || '#%')
$function$;

CREATE OR REPLACE FUNCTION public.run_review_digest(of_run text)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select 'sha256:' || encode(sha256(convert_to(
    format('%s %s %s', r.run_id, r.fencing_token, r.inputs_digest) || E'\n\n' ||
    coalesce((select string_agg(format('%s %s %s %s %s', i.invoice_id, i.status, i.total, i.currency, i.document_digest), E'\n' order by i.invoice_id)
              from invoices i where i.run_id = r.run_id and i.status not in ('superseded', 'void')), '')
    || coalesce((select E'\n\n' || string_agg(format('%s#%s %s %s', h.invoice_id, h.hold, h.reason, h.detail), E'\n' order by h.invoice_id, h.hold)
              from invoices i join invoice_holds h using (invoice_id)
              where i.run_id = r.run_id and i.status not in ('superseded', 'void') and h.released_by is null), ''), 'UTF8')), 'hex')
  from billing_runs r where r.run_id = of_run
$function$;

CREATE OR REPLACE FUNCTION public.seal_usage_month(of_month text, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET lock_timeout TO '500ms'
AS $function$
declare
  month_row usage_partitions := begin_retention_step(of_month, at, 'seals a month');
  partition_name text := usage_partition_name(of_month);
  blocker record;
  sums record;
begin
  if month_row.status <> 'open' then return false; end if;
  if month_row.month_to > first_open_day(at) then
    raise exception '% lies in the current or the previous quarter and stays open', of_month
      using errcode = 'DB005', hint = 'It can be sealed when the next quarter begins.';
  end if;
  select * into blocker from sealing_blockers(of_month, at) limit 1;
  if found then
    raise exception '% is not sealed yet: % %', of_month, blocker.subject, blocker.detail
      using errcode = 'DB005', hint = 'The next daily run of enforce-retention seals it when that has ended.';
  end if;
  update checkpoints c set status = 'failed', failure_reason = 'abandoned', failure_detail = 'its month was sealed a day later', finished_at = at
    where c.day >= month_row.month_from and c.day < month_row.month_to and c.status = 'running';
  execute format('lock table %I in share row exclusive mode', partition_name);
  select * into sums from sum_usage_month(of_month, partition_name::regclass);
  execute format('create trigger month_is_sealed before insert or update or delete on %I for each row execute function refuse_usage_of_ended_month()', partition_name);
  execute format('create trigger month_is_never_truncated before truncate on %I for each statement execute function refuse_change()', partition_name);
  execute format('revoke insert on %I from daybook_app', partition_name);
  update usage_partitions p set status = 'sealed', sealed_at = at, row_count = sums.row_count, totals = sums.totals, digest = sums.digest
    where p.month = of_month;
  return true;
end $function$;

CREATE OR REPLACE FUNCTION public.sealing_blockers(of_month text, at timestamp with time zone)
 RETURNS TABLE(kind text, subject text, detail text)
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select 'attempt_running', format('%s/%s/%s', c.region, c.source_id, c.day), 'is being read since ' || to_char(c.started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
  from usage_partitions p join checkpoints c on c.day >= p.month_from and c.day < p.month_to
  where p.month = of_month and c.status = 'running' and c.started_at >= at - interval '1 day'
  union all
  select 'run_not_approved', r.run_id, 'is ' || r.status
  from usage_partitions p join billing_runs r on r.period_from < p.month_to and r.period_to > p.month_from
  where p.month = of_month and r.status in ('open', 'collecting', 'complete', 'rated', 'in_review', 'rating_failed')
$function$;

CREATE OR REPLACE FUNCTION public.self_approvals()
 RETURNS TABLE(place text, author text, approver text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  found_table record;
begin
  for found_table in
    select c.oid::regclass as name,
      (select string_agg(format('t.%I::text', a.attname), ' || ''/'' || ' order by array_position(k.conkey, a.attnum))
       from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
       where k.conrelid = c.oid and k.contype = 'p') as key
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and (select count(*) from pg_attribute a where a.attrelid = c.oid and a.attname in ('author', 'approver') and not a.attisdropped) = 2
    order by c.relname
  loop
    return query execute format(
      'select %L || '' '' || %s, t.author::text, t.approver::text from %s t where t.approver is not null and person_behind(t.author::text) = person_behind(t.approver::text)',
      found_table.name, coalesce(found_table.key, quote_literal('(a row)')), found_table.name);
  end loop;
  return query
    select format('invoice_holds %s/%s', h.invoice_id, h.hold), h.placed_by, h.released_by
    from invoice_holds h where h.released_by is not null and person_behind(h.placed_by) = person_behind(h.released_by);
  return query
    select 'plan_approvals ' || a.plan_version || ' by ' || a.approver, v.author, a.approver
    from plan_approvals a join plan_versions v using (plan_version)
    where person_behind(v.author) = person_behind(a.approver);
end $function$;

CREATE OR REPLACE FUNCTION public.skip_unchanged_backtest()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  version record;
begin
  select v.status, b.backtest_digest into version
    from plan_versions v left join plan_backtests b using (backtest_id)
    where v.plan_version = new.plan_version for update of v;
  if version.status not in ('draft', 'checked', 'in_review', 'approved') then
    raise exception 'plan version % is % and takes no backtest', new.plan_version, version.status using errcode = 'DB001';
  end if;
  if version.backtest_digest = new.backtest_digest then
    return null;
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.stripe_pace_stop(of_mode text, of_endpoint text, until_at timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  insert into stripe_pace (account_mode, endpoint, empty_until, next_turn) values (of_mode, of_endpoint, until_at, until_at)
  on conflict (account_mode, endpoint) do update
  set empty_until = greatest(stripe_pace.empty_until, excluded.empty_until), next_turn = greatest(stripe_pace.next_turn, excluded.next_turn)
$function$;

CREATE OR REPLACE FUNCTION public.stripe_pace_take(of_mode text, of_endpoint text, wanted integer, in_turn boolean, account_interval integer, account_burst integer, endpoint_interval integer, endpoint_burst integer, at timestamp with time zone, OUT granted integer, OUT wait_ms integer)
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  us constant interval := interval '1 microsecond';
  account stripe_pace;
  own stripe_pace;
  held integer;
  account_ready timestamptz;
  own_ready timestamptz;
  come_back timestamptz;
begin
  insert into stripe_pace (account_mode, endpoint, empty_until, next_turn)
    select of_mode, e, at - interval '1 hour', at - interval '1 hour' from unnest(array['*', of_endpoint]) e
    where not exists (select from stripe_pace p where p.account_mode = of_mode and p.endpoint = e)
    on conflict do nothing;
  -- Always the account's row first, so that two calls never wait for each other.
  select * into account from stripe_pace where account_mode = of_mode and endpoint = '*' for update;
  select * into own from stripe_pace where account_mode = of_mode and endpoint = of_endpoint for update;
  account.empty_until := greatest(account.empty_until, at - account_burst * account_interval * us);
  own.empty_until := greatest(own.empty_until, at - endpoint_burst * endpoint_interval * us);
  held := least(floor(extract(epoch from at - account.empty_until) * 1000000 / account_interval),
                floor(extract(epoch from at - own.empty_until) * 1000000 / endpoint_interval));
  granted := least(wanted, held);
  wait_ms := 0;
  if granted >= 1 and (in_turn or (account.next_turn <= at and own.next_turn <= at)) then
    update stripe_pace set empty_until = account.empty_until + granted * account_interval * us
      where account_mode = of_mode and endpoint = '*';
    update stripe_pace set empty_until = own.empty_until + granted * endpoint_interval * us
      where account_mode = of_mode and endpoint = of_endpoint;
    return;
  end if;
  granted := 0;
  account_ready := greatest(account.empty_until + account_interval * us, account.next_turn, at);
  own_ready := greatest(own.empty_until + endpoint_interval * us, own.next_turn, at);
  come_back := greatest(account_ready, own_ready);
  -- The queue is at the bucket that is ready last.
  if account_ready > own_ready then
    update stripe_pace set next_turn = come_back + least(wanted, account_burst) * account_interval * us
      where account_mode = of_mode and endpoint = '*';
  else
    update stripe_pace set next_turn = come_back + least(wanted, endpoint_burst) * endpoint_interval * us
      where account_mode = of_mode and endpoint = of_endpoint;
  end if;
  wait_ms := greatest(1, ceil(extract(epoch from come_back - at) * 1000)::integer);
end $function$;

CREATE OR REPLACE FUNCTION public.sum_usage_month(of_month text, rows_in regclass, OUT row_count bigint, OUT totals jsonb, OUT checkpoints jsonb, OUT digest text)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  wrong text;
begin
  with sums as materialized (
    select * from sum_usage_rows(of_month, rows_in)
  ), by_metric as (
    select s.metric, jsonb_build_object(
      'rows', coalesce(sum(s.row_count) filter (where s.status = 'complete'), 0),
      'total', coalesce(sum(s.total) filter (where s.status = 'complete'), 0)::text,
      'supersededRows', coalesce(sum(s.row_count) filter (where s.status = 'superseded'), 0),
      'supersededTotal', coalesce(sum(s.total) filter (where s.status = 'superseded'), 0)::text) as figures
    from sums s group by s.metric
  )
  select
    (select coalesce(sum(s.row_count), 0) from sums s),
    (select coalesce(jsonb_object_agg(m.metric, m.figures), '{}') from by_metric m),
    (select coalesce(jsonb_agg(jsonb_build_array(s.checkpoint_id, s.row_count, s.header_total::text, s.header_digest, s.rows_digest) order by s.checkpoint_id), '[]') from sums s),
    (select 'sha256:' || encode(sha256(convert_to(coalesce(string_agg(
      concat_ws(' ', s.checkpoint_id, s.row_count, s.header_total, s.header_digest, s.rows_digest), E'\n' order by s.checkpoint_id), ''), 'UTF8')), 'hex') from sums s),
    (select format('checkpoint %s has %s rows that add up to %s, its header says %s and %s',
                   s.checkpoint_id, s.row_count, s.total, coalesce(s.header_rows::text, 'nothing'), coalesce(s.header_total::text, 'nothing'))
     from sums s where s.header_rows is distinct from s.row_count or s.header_total is distinct from s.total
     order by s.checkpoint_id limit 1)
  into row_count, totals, checkpoints, digest, wrong;
  if wrong is not null then
    raise exception 'the usage of % does not add up: %', of_month, wrong
      using errcode = 'DB004', hint = 'Someone has changed rows beside Daybook: compare with a backup before anything else.';
  end if;
end $function$;

CREATE OR REPLACE FUNCTION public.sum_usage_rows(of_month text, rows_in regclass)
 RETURNS TABLE(checkpoint_id bigint, metric text, status checkpoint_status, row_count bigint, total numeric, header_rows integer, header_total numeric, header_digest text, rows_digest text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  return query execute format($query$
    select coalesce(c.checkpoint_id, s.checkpoint_id), coalesce(c.metric, s.metric), c.status,
      coalesce(s.row_count, 0), coalesce(s.total, 0), c.row_count, c.total, c.digest,
      coalesce(s.rows_digest, 'sha256:' || encode(sha256(''), 'hex'))
    from (select k.* from usage_partitions p join checkpoints k on k.day >= p.month_from and k.day < p.month_to
          where p.month = $1 and k.status in ('complete', 'superseded')) c
    full join (
      select u.checkpoint_id, min(u.metric) as metric, count(*) as row_count, sum(u.quantity) as total,
        'sha256:' || encode(sha256(convert_to(string_agg(
          jsonb_build_array(u.day, u.region, u.metric, u.project_id, u.customer_id, u.quantity::text)::text,
          E'\n' order by u.day, u.project_id collate "C"), 'UTF8')), 'hex') as rows_digest
      from %s u group by u.checkpoint_id) s using (checkpoint_id)$query$, rows_in) using of_month;
end $function$;

CREATE OR REPLACE FUNCTION public.unacknowledged_warnings(diagnostics jsonb, acknowledged text[])
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE STRICT
 SET search_path TO 'pg_catalog'
AS $function$
  select coalesce(array_agg(distinct finding ->> 'code' order by finding ->> 'code'), '{}')
  from jsonb_array_elements(diagnostics) finding
  where finding ->> 'severity' = 'warning' and finding ->> 'code' <> all (acknowledged)
$function$;

CREATE OR REPLACE FUNCTION public.unbilled_voids(of_run text)
 RETURNS TABLE(invoice_id text, customer_id text, currency text, total bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select distinct on (i.customer_id, i.series) i.invoice_id, i.customer_id, i.currency, i.total
  from invoices i join billing_runs r using (run_id)
  where i.run_id = of_run and i.fencing_token = r.fencing_token and i.status = 'void'
    and not exists (select from invoices o where (o.customer_id, o.period, o.series) = (i.customer_id, i.period, i.series)
                      and o.status not in ('void', 'superseded'))
  order by i.customer_id, i.series, i.generation desc
$function$;

CREATE OR REPLACE FUNCTION public.usage_month_lock(of_month text)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE STRICT
 SET search_path TO 'pg_catalog'
AS $function$
  select hashtextextended('usage_month:' || of_month, 0)
$function$;

CREATE OR REPLACE FUNCTION public.usage_partition_name(of_month text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE STRICT
 SET search_path TO 'pg_catalog'
AS $function$
  select 'usage_daily_' || replace(of_month, '-', '')
$function$;

CREATE TRIGGER adjustments_are_kept BEFORE DELETE ON public.adjustments FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER audited_transitions AFTER INSERT OR UPDATE ON public.adjustments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('adjustment', 'adjustment_id', 'currency', 'billed', 'corrected', 'total', 'document_digest');
CREATE TRIGGER billed_plus_adjustments_is_corrected BEFORE INSERT ON public.adjustments FOR EACH ROW EXECUTE FUNCTION require_adjustment_to_add_up();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.adjustments FOR EACH ROW EXECUTE FUNCTION enforce_transition('adjustment');
CREATE CONSTRAINT TRIGGER stands_in_full AFTER UPDATE ON public.adjustments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_adjustment_to_stand_in_full();
CREATE TRIGGER step_is_allowed BEFORE UPDATE ON public.adjustments FOR EACH ROW EXECUTE FUNCTION require_allowed_adjustment_step();
CREATE TRIGGER audit_head_goes_forward BEFORE UPDATE ON public.audit_head FOR EACH ROW EXECUTE FUNCTION refuse_going_back();
CREATE TRIGGER audit_head_is_kept BEFORE DELETE ON public.audit_head FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_head_is_never_truncated BEFORE TRUNCATE ON public.audit_head FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_is_append_only BEFORE DELETE OR UPDATE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_is_never_truncated BEFORE TRUNCATE ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seals_are_append_only BEFORE DELETE OR UPDATE ON public.audit_seals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seals_are_never_truncated BEFORE TRUNCATE ON public.audit_seals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cells_are_kept BEFORE DELETE ON public.backfill_cells FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.backfill_cells FOR EACH ROW EXECUTE FUNCTION enforce_transition('backfill_cell');
CREATE CONSTRAINT TRIGGER audited_transitions AFTER INSERT OR UPDATE ON public.backfills DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('backfill', 'backfill_id');
CREATE TRIGGER author_is_not_approver BEFORE INSERT OR UPDATE ON public.backfills FOR EACH ROW EXECUTE FUNCTION refuse_self_approval();
CREATE TRIGGER backfills_are_kept BEFORE DELETE ON public.backfills FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.backfills FOR EACH ROW EXECUTE FUNCTION enforce_transition('backfill');
CREATE TRIGGER step_is_allowed BEFORE INSERT OR UPDATE ON public.backfills FOR EACH ROW EXECUTE FUNCTION require_allowed_backfill_step();
CREATE TRIGGER approver_acts BEFORE UPDATE ON public.billing_runs FOR EACH ROW WHEN (((new.status = 'approved'::billing_run_status) AND (old.status <> 'approved'::billing_run_status))) EXECUTE FUNCTION require_run_approver();
CREATE CONSTRAINT TRIGGER audited_rule_approval AFTER UPDATE ON public.billing_runs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((new.status = 'approved'::billing_run_status) AND (old.status <> 'approved'::billing_run_status) AND (new.approval_rule IS NOT NULL))) EXECUTE FUNCTION audit_rule_approval();
CREATE CONSTRAINT TRIGGER audited_transitions AFTER INSERT OR UPDATE ON public.billing_runs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('billing_run', 'run_id');
CREATE TRIGGER author_is_not_approver BEFORE INSERT OR UPDATE ON public.billing_runs FOR EACH ROW EXECUTE FUNCTION refuse_self_approval();
CREATE TRIGGER nothing_is_open BEFORE UPDATE ON public.billing_runs FOR EACH ROW WHEN (((new.status = 'closed'::billing_run_status) AND (old.status <> 'closed'::billing_run_status))) EXECUTE FUNCTION require_nothing_open();
CREATE TRIGGER off_cycle_days_are_open BEFORE INSERT ON public.billing_runs FOR EACH ROW WHEN ((new.contract_id IS NOT NULL)) EXECUTE FUNCTION require_off_cycle_days();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.billing_runs FOR EACH ROW EXECUTE FUNCTION enforce_transition('billing_run');
CREATE TRIGGER terms_are_pinned AFTER UPDATE ON public.billing_runs FOR EACH ROW WHEN (((new.status = 'complete'::billing_run_status) AND (old.status = 'collecting'::billing_run_status))) EXECUTE FUNCTION pin_terms_of_complete_run();
CREATE TRIGGER charges_are_immutable BEFORE DELETE OR UPDATE ON public.charges FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER volumes_are_immutable BEFORE DELETE OR UPDATE ON public.checkpoint_volumes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER audited_transitions AFTER UPDATE ON public.checkpoints DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.status = ANY (ARRAY['complete'::checkpoint_status, 'superseded'::checkpoint_status, 'failed'::checkpoint_status]))) EXECUTE FUNCTION audit_transition('checkpoint', 'checkpoint_id', 'row_count', 'total', 'digest');
CREATE TRIGGER checkpoint_is_immutable BEFORE UPDATE ON public.checkpoints FOR EACH ROW EXECUTE FUNCTION freeze_checkpoint();
CREATE TRIGGER checkpoints_are_kept BEFORE DELETE ON public.checkpoints FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER month_is_open BEFORE INSERT ON public.checkpoints FOR EACH ROW EXECUTE FUNCTION require_month_for_attempt();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.checkpoints FOR EACH ROW EXECUTE FUNCTION enforce_transition('checkpoint');
CREATE TRIGGER rerun_is_approved BEFORE UPDATE ON public.checkpoints FOR EACH ROW WHEN (((new.status = 'complete'::checkpoint_status) AND (old.status = 'running'::checkpoint_status))) EXECUTE FUNCTION require_approved_rerun();
CREATE TRIGGER staged_usage_is_cleared AFTER UPDATE ON public.checkpoints FOR EACH ROW WHEN (((old.status = 'running'::checkpoint_status) AND (new.status <> 'running'::checkpoint_status))) EXECUTE FUNCTION clear_staged_usage();
CREATE CONSTRAINT TRIGGER audited_transitions AFTER INSERT OR UPDATE ON public.close_rules DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('close_rule', 'rule_id');
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.close_rules FOR EACH ROW EXECUTE FUNCTION enforce_transition('close_rule');
CREATE TRIGGER others_approve BEFORE INSERT OR UPDATE ON public.close_rules FOR EACH ROW EXECUTE FUNCTION require_other_rule_approvers();
CREATE TRIGGER rules_are_kept BEFORE DELETE ON public.close_rules FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER audited_transitions AFTER INSERT OR UPDATE ON public.completeness_waivers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_waiver();
CREATE TRIGGER author_is_not_approver BEFORE INSERT OR UPDATE ON public.completeness_waivers FOR EACH ROW EXECUTE FUNCTION refuse_self_approval();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.completeness_waivers FOR EACH ROW EXECUTE FUNCTION enforce_transition('completeness_waiver');
CREATE TRIGGER step_is_allowed BEFORE INSERT OR UPDATE ON public.completeness_waivers FOR EACH ROW EXECUTE FUNCTION require_allowed_waiver_step();
CREATE TRIGGER waivers_are_kept BEFORE DELETE ON public.completeness_waivers FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER audited_transitions AFTER INSERT OR UPDATE ON public.contracts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('contract', 'contract_id');
CREATE TRIGGER author_acts BEFORE INSERT ON public.contracts FOR EACH ROW EXECUTE FUNCTION require_author();
CREATE TRIGGER author_acts_again BEFORE UPDATE OF customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, author, diagnostics ON public.contracts FOR EACH ROW EXECUTE FUNCTION require_author();
CREATE TRIGGER author_is_not_approver BEFORE INSERT OR UPDATE ON public.contracts FOR EACH ROW EXECUTE FUNCTION refuse_self_approval();
CREATE TRIGGER author_sets_billing_terms BEFORE UPDATE OF collection_method, days_until_due, tax ON public.contracts FOR EACH ROW EXECUTE FUNCTION require_author();
CREATE TRIGGER billing_terms_are_immutable BEFORE UPDATE ON public.contracts FOR EACH ROW WHEN ((((old.collection_method IS DISTINCT FROM new.collection_method) OR (old.days_until_due IS DISTINCT FROM new.days_until_due)) OR (old.tax IS DISTINCT FROM new.tax))) EXECUTE FUNCTION freeze_billing_terms();
CREATE TRIGGER contracts_are_kept BEFORE DELETE ON public.contracts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER legacy_is_guarded BEFORE UPDATE ON public.contracts FOR EACH ROW EXECUTE FUNCTION guard_legacy_contract();
CREATE TRIGGER off_cycle_end_is_kept BEFORE UPDATE OF ends_on ON public.contracts FOR EACH ROW WHEN ((old.ends_on IS DISTINCT FROM new.ends_on)) EXECUTE FUNCTION keep_off_cycle_end();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.contracts FOR EACH ROW EXECUTE FUNCTION enforce_transition('contract');
CREATE TRIGGER step_is_allowed BEFORE UPDATE ON public.contracts FOR EACH ROW EXECUTE FUNCTION require_allowed_contract_step();
CREATE TRIGGER terms_are_immutable BEFORE UPDATE ON public.contracts FOR EACH ROW EXECUTE FUNCTION freeze_contract();
CREATE TRIGGER amounts_are_immutable BEFORE UPDATE ON public.credits FOR EACH ROW EXECUTE FUNCTION freeze_credit();
CREATE CONSTRAINT TRIGGER audited_transitions AFTER INSERT OR UPDATE ON public.credits DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('credit', 'credit_id', 'kind', 'currency', 'amount', 'invoice_id', 'adjustment_id');
CREATE TRIGGER credit_is_within_its_invoice BEFORE INSERT ON public.credits FOR EACH ROW EXECUTE FUNCTION require_credit_within_invoice();
CREATE TRIGGER credits_are_kept BEFORE DELETE ON public.credits FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.credits FOR EACH ROW EXECUTE FUNCTION enforce_transition('credit');
CREATE TRIGGER mapping_is_made_once BEFORE UPDATE ON public.customers FOR EACH ROW WHEN ((old.stripe_customer_id IS DISTINCT FROM new.stripe_customer_id)) EXECUTE FUNCTION keep_stripe_mapping();
CREATE CONSTRAINT TRIGGER audited_transitions AFTER UPDATE ON public.dead_letters DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('dead_letter', 'dead_letter_id');
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.dead_letters FOR EACH ROW EXECUTE FUNCTION enforce_transition('dead_letter');
CREATE CONSTRAINT TRIGGER audited_transitions AFTER INSERT OR UPDATE ON public.exceptions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('exception', 'exception_id');
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.exceptions FOR EACH ROW EXECUTE FUNCTION enforce_transition('exception');
CREATE TRIGGER opener_is_noted BEFORE INSERT ON public.exceptions FOR EACH ROW EXECUTE FUNCTION note_who_opened();
CREATE TRIGGER waiver_is_allowed BEFORE UPDATE ON public.exceptions FOR EACH ROW WHEN (((new.status = 'waived'::exception_status) AND (old.status <> 'waived'::exception_status))) EXECUTE FUNCTION require_waiver();
CREATE TRIGGER corrected_terms_are_kept BEFORE DELETE OR UPDATE ON public.invoice_corrected_terms FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER another_releases BEFORE INSERT OR UPDATE ON public.invoice_holds FOR EACH ROW EXECUTE FUNCTION require_other_releaser();
CREATE CONSTRAINT TRIGGER audited_holds AFTER INSERT OR UPDATE ON public.invoice_holds DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_hold();
CREATE TRIGGER holds_are_kept BEFORE DELETE ON public.invoice_holds FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER audited_transitions AFTER INSERT OR UPDATE ON public.invoice_voids DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('invoice_void', 'invoice_id');
CREATE TRIGGER author_is_not_approver BEFORE INSERT OR UPDATE ON public.invoice_voids FOR EACH ROW EXECUTE FUNCTION refuse_self_approval();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.invoice_voids FOR EACH ROW EXECUTE FUNCTION enforce_transition('invoice_void');
CREATE TRIGGER principals_act BEFORE INSERT OR UPDATE ON public.invoice_voids FOR EACH ROW EXECUTE FUNCTION require_void_principals();
CREATE TRIGGER voids_are_kept BEFORE DELETE ON public.invoice_voids FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER amounts_are_immutable BEFORE UPDATE ON public.invoices FOR EACH ROW EXECUTE FUNCTION freeze_invoice();
CREATE CONSTRAINT TRIGGER audited_transitions AFTER INSERT OR UPDATE ON public.invoices DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('invoice', 'invoice_id', 'currency', 'subtotal', 'total', 'document_digest');
CREATE TRIGGER author_is_not_approver BEFORE INSERT OR UPDATE ON public.invoices FOR EACH ROW EXECUTE FUNCTION refuse_self_approval();
CREATE TRIGGER carried_adjustments_come_back AFTER UPDATE ON public.invoices FOR EACH ROW WHEN (((new.status = ANY (ARRAY['superseded'::invoice_status, 'void'::invoice_status])) AND (old.status IS DISTINCT FROM new.status))) EXECUTE FUNCTION give_adjustments_back();
CREATE TRIGGER held_until_released BEFORE UPDATE ON public.invoices FOR EACH ROW WHEN ((((old.status = 'held'::invoice_status) AND (new.status = 'rated'::invoice_status)) OR ((old.status = 'rated'::invoice_status) AND (new.status = 'approved'::invoice_status)))) EXECUTE FUNCTION require_released();
CREATE TRIGGER invoices_are_kept BEFORE DELETE ON public.invoices FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER lines_add_up AFTER INSERT ON public.invoices DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_lines_to_add_up();
CREATE TRIGGER mapped_since BEFORE UPDATE ON public.invoices FOR EACH ROW WHEN (((old.status = 'held'::invoice_status) AND (new.status = 'approved'::invoice_status))) EXECUTE FUNCTION require_mapped_since();
CREATE TRIGGER not_issued_under_void BEFORE UPDATE ON public.invoices FOR EACH ROW WHEN (((new.status = 'approved'::invoice_status) AND (old.status <> 'approved'::invoice_status))) EXECUTE FUNCTION refuse_issue_under_void();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.invoices FOR EACH ROW EXECUTE FUNCTION enforce_transition('invoice');
CREATE TRIGGER reissuer_acts BEFORE INSERT ON public.invoices FOR EACH ROW WHEN ((new.author IS NOT NULL)) EXECUTE FUNCTION require_reissuer();
CREATE CONSTRAINT TRIGGER audited_transitions AFTER INSERT OR UPDATE ON public.mode_changes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('mode_change', 'next_contract_id');
CREATE TRIGGER author_acts BEFORE INSERT ON public.mode_changes FOR EACH ROW EXECUTE FUNCTION require_author();
CREATE TRIGGER author_is_not_approver BEFORE INSERT OR UPDATE ON public.mode_changes FOR EACH ROW EXECUTE FUNCTION refuse_self_approval();
CREATE TRIGGER mode_changes_are_kept BEFORE DELETE ON public.mode_changes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.mode_changes FOR EACH ROW EXECUTE FUNCTION enforce_transition('mode_change');
CREATE TRIGGER step_is_allowed BEFORE INSERT OR UPDATE ON public.mode_changes FOR EACH ROW EXECUTE FUNCTION require_allowed_mode_change();
CREATE TRIGGER approval_is_valid BEFORE INSERT ON public.plan_approvals FOR EACH ROW EXECUTE FUNCTION require_valid_plan_approval();
CREATE TRIGGER approvals_are_kept BEFORE DELETE OR UPDATE ON public.plan_approvals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER author_is_not_approver BEFORE INSERT OR UPDATE ON public.plan_approvals FOR EACH ROW EXECUTE FUNCTION refuse_self_approval();
CREATE TRIGGER backtest_comes_under_review AFTER INSERT ON public.plan_backtests FOR EACH ROW EXECUTE FUNCTION put_backtest_under_review();
CREATE TRIGGER backtests_are_kept BEFORE DELETE OR UPDATE ON public.plan_backtests FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER unchanged_is_skipped BEFORE INSERT ON public.plan_backtests FOR EACH ROW EXECUTE FUNCTION skip_unchanged_backtest();
CREATE TRIGGER approvals_are_complete BEFORE UPDATE ON public.plan_versions FOR EACH ROW EXECUTE FUNCTION require_plan_approvals();
CREATE CONSTRAINT TRIGGER audited_transitions AFTER INSERT OR UPDATE ON public.plan_versions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('plan_version', 'plan_version');
CREATE TRIGGER author_acts BEFORE INSERT ON public.plan_versions FOR EACH ROW EXECUTE FUNCTION require_author();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.plan_versions FOR EACH ROW EXECUTE FUNCTION enforce_transition('plan_version');
CREATE TRIGGER step_is_allowed BEFORE UPDATE ON public.plan_versions FOR EACH ROW EXECUTE FUNCTION require_allowed_plan_step();
CREATE TRIGGER version_is_immutable BEFORE UPDATE ON public.plan_versions FOR EACH ROW EXECUTE FUNCTION freeze_plan_version();
CREATE TRIGGER versions_are_kept BEFORE DELETE ON public.plan_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER kind_is_kept BEFORE UPDATE ON public.principals FOR EACH ROW EXECUTE FUNCTION keep_principal_kind();
CREATE TRIGGER owner_is_a_person BEFORE INSERT OR UPDATE ON public.principals FOR EACH ROW EXECUTE FUNCTION require_owner_to_be_a_person();
CREATE TRIGGER rerating_checkpoints_are_immutable BEFORE DELETE OR UPDATE ON public.rerating_checkpoints FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.rerating_shards FOR EACH ROW EXECUTE FUNCTION enforce_transition('rerating_shard');
CREATE TRIGGER reratings_are_immutable BEFORE DELETE OR UPDATE ON public.reratings FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER audited_transitions AFTER INSERT OR UPDATE ON public.retention_holds DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('retention_hold', 'hold_id');
CREATE TRIGGER author_is_not_approver BEFORE INSERT OR UPDATE ON public.retention_holds FOR EACH ROW EXECUTE FUNCTION refuse_self_approval();
CREATE TRIGGER hold_is_allowed BEFORE INSERT OR UPDATE ON public.retention_holds FOR EACH ROW EXECUTE FUNCTION guard_retention_hold();
CREATE TRIGGER holds_are_kept BEFORE DELETE ON public.retention_holds FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.retention_holds FOR EACH ROW EXECUTE FUNCTION enforce_transition('retention_hold');
CREATE TRIGGER changes_are_audited AFTER UPDATE ON public.retention_policy FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION audit_policy_change();
CREATE TRIGGER policy_is_kept BEFORE DELETE ON public.retention_policy FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER pins_only_kept_usage AFTER INSERT ON public.run_checkpoints REFERENCING NEW TABLE AS pinned FOR EACH STATEMENT EXECUTE FUNCTION require_kept_usage();
CREATE TRIGGER run_contracts_are_kept BEFORE DELETE OR UPDATE ON public.run_contracts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_metrics_are_kept BEFORE DELETE OR UPDATE ON public.run_metrics FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_off_cycle_days_are_kept BEFORE DELETE OR UPDATE ON public.run_off_cycle_days FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.run_shards FOR EACH ROW EXECUTE FUNCTION enforce_transition('run_shard');
CREATE TRIGGER shadow_refusals_are_immutable BEFORE DELETE OR UPDATE ON public.shadow_refusals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.stripe_customer_requests FOR EACH ROW EXECUTE FUNCTION enforce_transition('stripe_request');
CREATE TRIGGER a_person_accepts BEFORE UPDATE ON public.stripe_differences FOR EACH ROW EXECUTE FUNCTION require_accepting_person();
CREATE CONSTRAINT TRIGGER audited_transitions AFTER INSERT OR UPDATE ON public.stripe_differences DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('stripe_difference', 'difference_id');
CREATE TRIGGER differences_are_kept BEFORE DELETE ON public.stripe_differences FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.stripe_differences FOR EACH ROW EXECUTE FUNCTION enforce_transition('stripe_difference');
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.stripe_requests FOR EACH ROW EXECUTE FUNCTION enforce_transition('stripe_request');
CREATE CONSTRAINT TRIGGER audited_transitions AFTER INSERT OR UPDATE ON public.term_corrections DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('term_correction', 'correction_id');
CREATE TRIGGER author_acts BEFORE INSERT ON public.term_corrections FOR EACH ROW EXECUTE FUNCTION require_author();
CREATE TRIGGER author_is_not_approver BEFORE INSERT OR UPDATE ON public.term_corrections FOR EACH ROW EXECUTE FUNCTION refuse_self_approval();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.term_corrections FOR EACH ROW EXECUTE FUNCTION enforce_transition('term_correction');
CREATE TRIGGER step_is_allowed BEFORE INSERT OR UPDATE ON public.term_corrections FOR EACH ROW EXECUTE FUNCTION require_allowed_term_correction();
CREATE TRIGGER term_corrections_are_kept BEFORE DELETE ON public.term_corrections FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER anomalies_are_kept BEFORE DELETE ON public.usage_anomalies FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER audited_transitions AFTER INSERT OR UPDATE ON public.usage_anomalies DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('usage_anomaly', 'anomaly_id');
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.usage_anomalies FOR EACH ROW EXECUTE FUNCTION enforce_transition('usage_anomaly');
CREATE TRIGGER releaser_acts BEFORE UPDATE ON public.usage_anomalies FOR EACH ROW WHEN (((new.status = 'released'::usage_anomaly_status) AND (old.status <> 'released'::usage_anomaly_status))) EXECUTE FUNCTION require_anomaly_releaser();
CREATE TRIGGER rows_are_immutable BEFORE DELETE OR UPDATE ON public.usage_daily FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER months_that_ended_take_nothing BEFORE INSERT ON public.usage_daily_default FOR EACH ROW EXECUTE FUNCTION refuse_usage_of_ended_month();
CREATE TRIGGER approved_is_in_force AFTER UPDATE ON public.usage_definitions FOR EACH ROW WHEN (((new.status = 'approved'::usage_definition_status) AND (old.status <> 'approved'::usage_definition_status))) EXECUTE FUNCTION put_definition_in_force();
CREATE CONSTRAINT TRIGGER audited_transitions AFTER INSERT OR UPDATE ON public.usage_definitions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('usage_definition', 'definition');
CREATE TRIGGER author_acts BEFORE INSERT ON public.usage_definitions FOR EACH ROW EXECUTE FUNCTION require_author();
CREATE TRIGGER author_is_not_approver BEFORE INSERT OR UPDATE ON public.usage_definitions FOR EACH ROW EXECUTE FUNCTION refuse_self_approval();
CREATE TRIGGER definition_is_immutable BEFORE UPDATE ON public.usage_definitions FOR EACH ROW EXECUTE FUNCTION freeze_usage_definition();
CREATE TRIGGER definitions_are_kept BEFORE DELETE ON public.usage_definitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.usage_definitions FOR EACH ROW EXECUTE FUNCTION enforce_transition('usage_definition');
CREATE TRIGGER step_is_allowed BEFORE UPDATE ON public.usage_definitions FOR EACH ROW EXECUTE FUNCTION require_allowed_definition_step();
CREATE CONSTRAINT TRIGGER audited_transitions AFTER UPDATE ON public.usage_partitions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_transition('usage_partition', 'month');
CREATE TRIGGER only_listed_transitions BEFORE INSERT OR UPDATE ON public.usage_partitions FOR EACH ROW EXECUTE FUNCTION enforce_transition('usage_partition');
CREATE TRIGGER partitions_are_remembered BEFORE DELETE ON public.usage_partitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER source_is_immutable BEFORE UPDATE ON public.usage_sources FOR EACH ROW EXECUTE FUNCTION freeze_usage_source();

-- no row policies

grant select on adjustment_policies to daybook_app;
grant select on adjustment_policies to daybook_auditor;
grant insert, select on adjustments to daybook_app;
grant select on adjustments to daybook_auditor;
grant select on adjustments to daybook_visibility;
grant insert, select, update on alerts to daybook_app;
grant select on alerts to daybook_auditor;
grant select on approval_thresholds to daybook_app;
grant select on approval_thresholds to daybook_auditor;
grant select on audit_head to daybook_app;
grant select on audit_head to daybook_auditor;
grant select on audit_log to daybook_app;
grant select on audit_log to daybook_auditor;
grant select on audit_seals to daybook_app;
grant select on audit_seals to daybook_auditor;
grant insert, select, update on backfill_cells to daybook_app;
grant select on backfill_cells to daybook_auditor;
grant insert, select, update on backfills to daybook_app;
grant select on backfills to daybook_auditor;
grant insert, select, update on billing_runs to daybook_app;
grant select on billing_runs to daybook_auditor;
grant select on billing_runs to daybook_visibility;
grant insert, select on charges to daybook_app;
grant select on charges to daybook_auditor;
grant insert, select on checkpoint_judgements to daybook_app;
grant select on checkpoint_judgements to daybook_auditor;
grant insert, select on checkpoint_volumes to daybook_app;
grant select on checkpoint_volumes to daybook_auditor;
grant insert, select, update on checkpoints to daybook_app;
grant select on checkpoints to daybook_auditor;
grant select on checkpoints to daybook_visibility;
grant insert, select on close_rules to daybook_app;
grant select on close_rules to daybook_auditor;
grant insert, select, update on comparisons to daybook_app;
grant select on comparisons to daybook_auditor;
grant insert, select, update on completeness_waivers to daybook_app;
grant select on completeness_waivers to daybook_auditor;
grant select on completeness_waivers to daybook_visibility;
grant select on contracts to daybook_app;
grant select on contracts to daybook_auditor;
grant select on contracts to daybook_checker;
grant select on contracts to daybook_visibility;
grant insert, select on credits to daybook_app;
grant select on credits to daybook_auditor;
grant insert, select, update on customers to daybook_app;
grant select on customers to daybook_auditor;
grant insert, select, update on dead_letters to daybook_app;
grant select on dead_letters to daybook_auditor;
grant insert, select, update on exceptions to daybook_app;
grant select on exceptions to daybook_auditor;
grant insert, select on inbox to daybook_app;
grant select on inbox to daybook_auditor;
grant insert, select on invoice_corrected_terms to daybook_app;
grant select on invoice_corrected_terms to daybook_auditor;
grant insert, select on invoice_holds to daybook_app;
grant select on invoice_holds to daybook_auditor;
grant insert, select, update on invoice_voids to daybook_app;
grant select on invoice_voids to daybook_auditor;
grant insert, select, update on invoices to daybook_app;
grant select on invoices to daybook_auditor;
grant select on invoices to daybook_visibility;
grant select on metrics to daybook_app;
grant select on metrics to daybook_auditor;
grant select on metrics to daybook_visibility;
grant insert, select on mode_changes to daybook_app;
grant select on mode_changes to daybook_auditor;
grant insert, select, update on outbox to daybook_app;
grant select on outbox to daybook_auditor;
grant insert, select on plan_approvals to daybook_app;
grant select on plan_approvals to daybook_auditor;
grant select on plan_backtests to daybook_app;
grant select on plan_backtests to daybook_auditor;
grant select on plan_backtests to daybook_checker;
grant select on plan_versions to daybook_app;
grant select on plan_versions to daybook_auditor;
grant select on plan_versions to daybook_checker;
grant select on plan_versions to daybook_visibility;
grant insert, select on plans to daybook_app;
grant select on plans to daybook_auditor;
grant select on principals to daybook_app;
grant select on principals to daybook_auditor;
grant insert, select, update on project_ownerships to daybook_app;
grant select on project_ownerships to daybook_auditor;
grant select on project_ownerships to daybook_visibility;
grant insert, select, update on projects to daybook_app;
grant select on projects to daybook_auditor;
grant insert, select, update on regions to daybook_app;
grant select on regions to daybook_auditor;
grant select on regions to daybook_visibility;
grant insert, select on rerating_checkpoints to daybook_app;
grant select on rerating_checkpoints to daybook_auditor;
grant insert, select, update on rerating_shards to daybook_app;
grant select on rerating_shards to daybook_auditor;
grant insert, select on reratings to daybook_app;
grant select on reratings to daybook_auditor;
grant select on retention_holds to daybook_app;
grant select on retention_holds to daybook_auditor;
grant select on retention_policy to daybook_app;
grant select on retention_policy to daybook_auditor;
grant insert, select on run_checkpoints to daybook_app;
grant select on run_checkpoints to daybook_auditor;
grant select on run_checkpoints to daybook_visibility;
grant select on run_contracts to daybook_app;
grant select on run_contracts to daybook_auditor;
grant select on run_metrics to daybook_app;
grant select on run_metrics to daybook_auditor;
grant select on run_off_cycle_days to daybook_app;
grant select on run_off_cycle_days to daybook_auditor;
grant insert, select, update on run_shards to daybook_app;
grant select on run_shards to daybook_auditor;
grant select on schema_migrations to daybook_app;
grant select on schema_migrations to daybook_auditor;
grant insert, select on shadow_refusals to daybook_app;
grant select on shadow_refusals to daybook_auditor;
grant select on state_transitions to daybook_app;
grant select on state_transitions to daybook_auditor;
grant insert, select, update on stripe_customer_requests to daybook_app;
grant select on stripe_customer_requests to daybook_auditor;
grant insert, select, update on stripe_differences to daybook_app;
grant select on stripe_differences to daybook_auditor;
grant insert, select on stripe_events to daybook_app;
grant select on stripe_events to daybook_auditor;
grant insert, select, update on stripe_pace to daybook_app;
grant select on stripe_pace to daybook_auditor;
grant insert, select, update on stripe_requests to daybook_app;
grant select on stripe_requests to daybook_auditor;
grant select on term_corrections to daybook_app;
grant select on term_corrections to daybook_auditor;
grant select on term_corrections to daybook_checker;
grant insert, select, update on usage_anomalies to daybook_app;
grant select on usage_anomalies to daybook_auditor;
grant insert, select on usage_daily to daybook_app;
grant select on usage_daily to daybook_auditor;
grant select on usage_daily to daybook_visibility;
grant select on usage_daily_default to daybook_app;
grant select on usage_daily_default to daybook_auditor;
grant select on usage_definitions to daybook_app;
grant select on usage_definitions to daybook_auditor;
grant select on usage_partitions to daybook_app;
grant select on usage_partitions to daybook_auditor;
grant select on usage_snapshot_rows to daybook_auditor;
grant delete, insert, select, update on usage_snapshot_rows to daybook_visibility;
grant select on usage_snapshots to daybook_auditor;
grant delete, insert, select, update on usage_snapshots to daybook_visibility;
grant select on usage_sources to daybook_app;
grant select on usage_sources to daybook_auditor;
grant select on usage_sources to daybook_visibility;
grant insert, select on usage_staged to daybook_app;
grant select on usage_staged to daybook_auditor;
grant update (status, approver, decided_at, invoice_id) on adjustments to daybook_app;
grant update (status, approver, second_approver) on close_rules to daybook_app;
grant update (ends_on, status, approver, acknowledged) on contracts to daybook_app;
grant insert (contract_id, customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, ends_on, status, author, diagnostics, collection_method, days_until_due, tax) on contracts to daybook_checker;
grant update (customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, ends_on, author, diagnostics, collection_method, days_until_due, tax) on contracts to daybook_checker;
grant update (status, idempotency_key, path, body, body_digest, stripe_id, failure_detail, committed_at, answered_at) on credits to daybook_app;
grant update (released_by, released_at, released_why) on invoice_holds to daybook_app;
grant update (status, approver) on mode_changes to daybook_app;
grant insert (plan_version, document, backtest_digest, made_by, made_at) on plan_backtests to daybook_checker;
grant update (status, active_from) on plan_versions to daybook_app;
grant insert (plan_version, plan, document, currency, status, author, submitted_at, diagnostics) on plan_versions to daybook_checker;
grant update (diagnostics) on plan_versions to daybook_checker;
grant insert (month, status, why, author, placed_at) on retention_holds to daybook_app;
grant update (status, approver, released_at, released_because) on retention_holds to daybook_app;
grant update (status, approver, acknowledged) on term_corrections to daybook_app;
grant insert (contract_id, period, number, legacy_plan_version, usage_plan_version, overrides, status, author, why, diagnostics, drafted_at) on term_corrections to daybook_checker;
grant insert (definition, kind, name, document, configuration, status, author, submitted_at) on usage_definitions to daybook_app;
grant update (status, approver, approved_at, why) on usage_definitions to daybook_app;
