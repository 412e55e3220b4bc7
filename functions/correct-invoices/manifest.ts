import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'correct-invoices',
  purpose: 'Compares invoices with what changed after their run’s approval, and opens adjustments.',
  trigger: { kind: 'events', topics: ['period.changed'] },
  publishes: ['adjustment.proposed', 'credit.approved'],
  uses: ['postgres'],
  timeoutSeconds: 300,
} as const satisfies Manifest;
