import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'issue-invoices',
  purpose: 'Creates an approved invoice in Stripe, compares it line by line, and finalises it.',
  trigger: { kind: 'events', topics: ['invoice.approved'] },
  publishes: ['invoice.issued', 'invoice.failed'],
  uses: ['postgres', 'stripe'],
  timeoutSeconds: 120,
} as const satisfies Manifest;
