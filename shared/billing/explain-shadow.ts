import type { Reader } from '../database/database.ts';
import { chargeListOfCustomers } from '../database/queries.generated.ts';
import { compared } from './explain-metric.ts';
import type { ShadowExplanation } from './explanation.ts';
import { chargeLines } from './invoice-document.ts';
import type { CustomerRating } from './rate-customer.ts';

/** What the usage plan would have billed beside the invoice, from its kept charges; null when nothing was rated beside it. */
export async function explainShadow(
  reader: Reader,
  invoice: {
    readonly run_id: string;
    readonly fencing_token: number;
    readonly customer_id: string;
    readonly rating_number: number;
  },
  /** Null when the rows are gone: nothing can be computed anew then. */
  anew: CustomerRating | null,
): Promise<ShadowExplanation | null> {
  const { run_id, fencing_token, customer_id } = invoice;
  const charges = await reader.rows(chargeListOfCustomers, { run_id, fencing_token, customers: [customer_id] });
  const shadow = charges.filter(
    ({ purpose, rating_number }) => purpose === 'shadow' && rating_number === invoice.rating_number,
  );
  if (shadow.length === 0) return null;
  const exactAnew = new Map(
    anew?.kind === 'rated' ? chargeLines(anew.shadow).map(({ key, line }) => [key, line.exact.toString()]) : [],
  );
  return {
    totalMinor: shadow.reduce((sum, { amount }) => sum + amount, 0n).toString(),
    lines: shadow.map((charge) => ({
      key: charge.line_key,
      label: charge.label,
      project: charge.project_id,
      formula: charge.formula,
      planVersion: charge.plan_version,
      amountMinor: charge.amount.toString(),
      exact: compared(charge.exact, exactAnew.get(charge.line_key) ?? null),
    })),
  };
}
