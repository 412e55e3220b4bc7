/** How the invoices of a contract are collected. */
export type CollectionTerms =
  | { readonly method: 'charge_automatically' }
  /** Due 1 to 365 days after Stripe mailed the invoice. */
  | { readonly method: 'send_invoice'; readonly daysUntilDue: number };

/** What a contract says beside prices; fixed with its other terms when it is approved. */
export interface BillingTerms {
  /** Stripe mails the invoices, due after 30 days, unless said otherwise. */
  readonly collection?: CollectionTerms | undefined;
  /** `stripe_tax` leaves tax to Stripe Tax; amounts stay before tax. None unless said otherwise. */
  readonly tax?: 'none' | 'stripe_tax' | undefined;
}

const USUAL_COLLECTION: CollectionTerms = { method: 'send_invoice', daysUntilDue: 30 };

/** The terms as columns of the contract. */
export function billingColumns({ collection = USUAL_COLLECTION, tax = 'none' }: BillingTerms) {
  const days = collection.method === 'send_invoice' ? collection.daysUntilDue : null;
  return { collection_method: collection.method, days_until_due: days, tax };
}

/** Why the terms cannot be; undefined when they can. */
export function billingTermsProblem({ collection }: BillingTerms): string | undefined {
  if (collection?.method !== 'send_invoice') return undefined;
  const { daysUntilDue: days } = collection;
  return Number.isInteger(days) && days >= 1 && days <= 365
    ? undefined
    : `Invoices can be due after 1 to 365 days, not after ${days}.`;
}
