import { subjectKey } from './obligation.ts';
import { postRequest, type StripeRequest } from './request.ts';
import { metadataRefusal, printable } from './text.ts';

/** What Stripe is told about a customer of Daybook. */
export interface CustomerDetails {
  readonly customerId: string;
  readonly name: string;
  readonly email: string | null;
}

export type CustomerPlan =
  | { readonly kind: 'planned'; readonly request: StripeRequest }
  | { readonly kind: 'refused'; readonly reason: 'invalid_text'; readonly detail: string };

/** The call that makes the customer in Stripe, found again by its metadata `daybook_customer_id`. */
export function planCustomerRequest(customer: CustomerDetails): CustomerPlan {
  const metadata = { daybook_customer_id: customer.customerId };
  const name = printable(customer.name);
  if (!name.isWellFormed() || name === '' || name.length > 256) {
    return {
      kind: 'refused',
      reason: 'invalid_text',
      detail: 'the name of a customer in Stripe has 1 to 256 characters',
    };
  }
  const refusal = metadataRefusal(metadata);
  if (refusal !== undefined) return { kind: 'refused', reason: 'invalid_text', detail: refusal };
  const request = postRequest('create', '/v1/customers', subjectKey('customer', customer.customerId, 'create'), {
    ...(customer.email === null ? {} : { email: customer.email }),
    metadata,
    name,
  });
  return { kind: 'planned', request };
}
