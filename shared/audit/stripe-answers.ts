import { z } from 'zod';
import type { Reader } from '../database/database.ts';
import { stripeRequestListKeptAnswers } from '../database/queries.generated.ts';
import { minorUnits, parseCurrency } from '../exact/currency.ts';
import { toStripeAmount } from '../stripe/currency.ts';
import type { Breach } from './promises.ts';

const BATCH = 5_000;

const answerSchema = z.object({ id: z.string(), subtotal: z.string().regex(/^-?\d+$/) });

type KeptAnswer = NonNullable<(typeof stripeRequestListKeptAnswers)['row']>;

/** Promise 15: issued invoices whose kept answer from Stripe names another invoice or another amount, or is missing. */
export async function otherAnswers(reader: Reader, most: number): Promise<readonly Breach[]> {
  const breaches: Breach[] = [];
  for (let after = ''; breaches.length < most; ) {
    const rows = await reader.rows(stripeRequestListKeptAnswers, { after, batch_size: BATCH });
    for (const row of rows) {
      const what = differenceOf(row);
      if (what !== undefined) breaches.push({ place: row.invoice_id, what });
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) break;
    after = last.invoice_id;
  }
  return breaches.slice(0, most);
}

/** Stripe's unit is not the minor unit for every currency, so that the comparison is not the database's. */
function differenceOf({ status, currency, subtotal, stripe_invoice_id, response }: KeptAnswer): string | undefined {
  if (response === null) return `is ${status}, and no answer to its finalizing was kept`;
  const answer = parseAnswer(response);
  if (answer === undefined) return 'the kept answer of Stripe cannot be read';
  if (answer.id !== stripe_invoice_id)
    return `is ${stripe_invoice_id} in Stripe, and the answer was about ${answer.id}`;
  const code = parseCurrency(currency);
  const amount = code === undefined ? undefined : toStripeAmount(minorUnits(subtotal), code);
  if (amount?.kind !== 'represented') return `${subtotal} of ${currency} cannot stand in Stripe`;
  return amount.amount.toString() === answer.subtotal
    ? undefined
    : `is ${amount.amount} in Stripe's unit here, and Stripe answered ${answer.subtotal}`;
}

function parseAnswer(response: string): z.output<typeof answerSchema> | undefined {
  try {
    return answerSchema.safeParse(JSON.parse(response)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
