import { currency, minorUnits } from '../../shared/exact/currency.ts';
import { type InvoicePlan, type LocalInvoice, planInvoiceRequests } from '../../shared/stripe/invoice-request.ts';
import type { LocalInvoiceLine } from '../../shared/stripe/line-roll-up.ts';

/** A line of 1.00 and a bit, one of several projects of a plan line. */
export function line(index: number, overrides: Partial<LocalInvoiceLine> = {}): LocalInvoiceLine {
  return {
    key: `requests/project-${index}`,
    label: 'API requests',
    description: `API requests, project-${index}: ${index} at $0.01 (50% off!)`,
    amount: minorUnits(100n + BigInt(index) * 10n),
    metadata: { project: `project-${index}` },
    ...overrides,
  };
}

export function lines(count: number): readonly LocalInvoiceLine[] {
  return Array.from({ length: count }, (_, index) => line(index));
}

export function localInvoice(overrides: Partial<LocalInvoice> = {}): LocalInvoice {
  return {
    id: 'invoice-1',
    customerId: 'acme',
    stripeCustomerId: 'cus_acme',
    period: '2026-10',
    series: 'usage',
    generation: 0,
    currency: currency('usd'),
    collection: { kind: 'send_invoice', daysUntilDue: 30 },
    tax: 'none',
    lines: lines(3),
    ...overrides,
  };
}

/** The plan of an invoice that must be sendable. */
export function planned(invoice: LocalInvoice): Extract<InvoicePlan, { kind: 'planned' }> {
  const plan = planInvoiceRequests(invoice);
  if (plan.kind === 'refused') throw new Error(`the invoice was refused: ${plan.reason} ${plan.detail}`);
  return plan;
}
