import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'issue-credits',
  purpose: 'Gives back in Stripe what no invoice can carry: credit notes, and entries on the customer’s balance.',
  trigger: { kind: 'events', topics: ['credit.approved'] },
  publishes: ['credit.failed'],
  uses: ['postgres', 'stripe'],
  timeoutSeconds: 120,
} as const satisfies Manifest;
