import { INVOICE } from '../issued-month.ts';
import type { PlantedBreach } from './planted-breach.ts';

/** Invoices, their lines, and what Stripe was told. */
export const MONEY_BREACHES: readonly PlantedBreach[] = [
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
];
