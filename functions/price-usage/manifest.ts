import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'price-usage',
  purpose: 'Rates one shard of a run’s customers by their plans’ formulas.',
  trigger: { kind: 'events', topics: ['period.completed'] },
  publishes: ['charges.priced', 'rating.failed', 'invoice.approved', 'period.changed'],
  uses: ['postgres'],
  timeoutSeconds: 300,
  resources: { memoryMiB: 1_024, maxInstances: 10 },
} as const satisfies Manifest;
