import type { StripeInvoice } from '../stripe/objects.ts';
import { COMMANDS } from './commands.ts';
import type { Notice } from './notice.ts';

/** Stripe and Daybook ended an invoice differently. Nothing is repaired in silence. */
export function contradictionNotice(invoiceId: string, inStripe: Pick<StripeInvoice, 'id' | 'status'>): Notice {
  return {
    occasion: { job: 'receive-stripe-events', window: invoiceId, error: `contradiction_${inStripe.status}` },
    alert: {
      severity: 'critical',
      title: `Invoice ${invoiceId} ended differently in Stripe`,
      where: `invoice ${invoiceId}, in Stripe ${inStripe.id}`,
      why: `Stripe says "${inStripe.status}", which does not follow from the final state here. Nothing was changed.`,
      recover: COMMANDS.showInvoice(invoiceId),
    },
  };
}
