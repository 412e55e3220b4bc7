import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'issue-invoices',
  purpose: 'Creates an approved invoice in Stripe, compares it line by line, and finalises it.',
  trigger: { kind: 'events', topics: ['invoice.approved'] },
  publishes: ['invoice.issued', 'invoice.failed', 'credit.approved'],
  uses: ['postgres', 'stripe'],
  timeoutSeconds: 120,
  // Six calls an invoice at 0.2 to 0.5 s each: eight instances stay under Stripe's 100 requests a second, and near its 25.
  resources: { maxInstances: 8 },
} as const satisfies Manifest;
