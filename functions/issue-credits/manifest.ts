import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'issue-credits',
  purpose: 'Gives back in Stripe what no invoice can carry: credit notes, and entries on the customer’s balance.',
  trigger: { kind: 'events', topics: ['credit.approved'] },
  publishes: ['credit.failed'],
  uses: ['postgres', 'stripe'],
  timeoutSeconds: 120,
  // Credits are few, and Stripe's calls are shared with the invoices.
  resources: { maxInstances: 2 },
} as const satisfies Manifest;
