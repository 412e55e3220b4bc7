import { INVOICE } from '../issued-month.ts';
import type { PlantedBreach } from './planted-breach.ts';

/** Days, states, runs, facts and messages. */
export const FLOW_BREACHES: readonly PlantedBreach[] = [
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
];
