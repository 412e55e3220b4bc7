import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'sweep-outbox',
  purpose: 'Publishes the facts that a crash left in the outbox.',
  trigger: { kind: 'schedule', cron: '* * * * *', perRegion: false },
  publishes: [
    'usage.checkpointed',
    'usage.incomplete',
    'period.completed',
    'charges.priced',
    'rating.failed',
    'invoice.approved',
    'invoice.issued',
    'invoice.failed',
    'audit.sealed',
    'audit.broken',
  ],
  uses: ['postgres'],
  timeoutSeconds: 60,
} as const satisfies Manifest;
