import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'reconcile-stripe',
  purpose: 'Compares Stripe’s invoices with ours every night, both ways, and names every difference; repairs nothing.',
  trigger: { kind: 'schedule', cron: '30 4 * * *', perRegion: false },
  publishes: ['period.changed'],
  uses: ['postgres', 'stripe', 'slack'],
  timeoutSeconds: 600,
} as const satisfies Manifest;
