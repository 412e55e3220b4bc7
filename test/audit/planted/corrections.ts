import { INVOICE } from '../issued-month.ts';
import type { PlantedBreach } from './planted-breach.ts';

const SENTENCE = 'billed and adjustments are what is right';
const ADJUSTMENT = '2026-10/acme/adjustment/1';
const DOCUMENT = '{"lines":[{"amount":"100"}]}';

interface Planted {
  readonly status: string;
  readonly billed?: number;
  readonly document?: string;
}

/** An adjustment of +1.00 of the month's one invoice. */
function adjustment({ status, billed = 71_015, document = DOCUMENT }: Planted): string {
  const decided = status === 'proposed' ? 'null' : `'2026-11-02'`;
  return `insert into adjustments (adjustment_id, customer_id, period, run_id, rerating, inputs_digest, currency, billed, corrected, total, document, document_digest, status, author, decided_at, proposed_at)
    values ('${ADJUSTMENT}', 'acme', '2026-10', '2026-10', 1, 'x', 'usd', ${billed}, ${billed} + 100, 100, '${document}', 'sha256:' || encode(sha256('${document}'::bytea), 'hex'), '${status}', 'service:a', ${decided}, '2026-11-02')`;
}

const compared = (corrected: number) =>
  `insert into comparisons values ('2026-10', 'acme', 1, 'usd', ${corrected}, '[]', '2026-11-02')`;
const credit = (lapsed: boolean) =>
  `insert into credits (credit_id, adjustment_id, kind, customer_id, invoice_id, currency, amount, status, planned_at, lapsed) values ('c', '${ADJUSTMENT}', 'credit_note', 'acme', '${INVOICE}', 'usd', 100, 'cancelled', '2026-11-02', ${lapsed})`;

/** What is done to corrections (promise 12). */
export const CORRECTION_BREACHES: readonly PlantedBreach[] = [
  {
    what: 'an adjustment that is placed and stands nowhere',
    sentence: SENTENCE,
    place: `adjustment ${ADJUSTMENT}`,
    statements: [adjustment({ status: 'placed' })],
  },
  {
    what: 'a placed adjustment whose only credit was cancelled',
    sentence: SENTENCE,
    place: `adjustment ${ADJUSTMENT}`,
    statements: [adjustment({ status: 'applied' }), credit(false)],
  },
  {
    what: 'an adjustment whose lines do not add up to it',
    sentence: SENTENCE,
    place: `adjustment ${ADJUSTMENT}`,
    statements: [adjustment({ status: 'proposed', document: '{"lines":[{"amount":"99"}]}' })],
  },
  {
    what: 'a period that was compared to another figure than was billed, and nothing is open',
    sentence: SENTENCE,
    place: '2026-10 acme',
    statements: [compared(71_016)],
  },
  {
    what: 'an adjustment that leads to another figure than the one that is right',
    sentence: SENTENCE,
    place: '2026-10 acme',
    statements: [adjustment({ status: 'approved', billed: 1 })],
  },
  {
    what: 'a rejected adjustment of another figure than the one that is right',
    sentence: SENTENCE,
    place: '2026-10 acme',
    statements: [adjustment({ status: 'rejected' }), compared(71_114)],
  },
];
