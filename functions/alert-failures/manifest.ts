import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'alert-failures',
  purpose: 'Tells people in Slack what failed, why, and the command that helps; keeps dead letters.',
  trigger: {
    kind: 'events',
    topics: [
      'usage.incomplete',
      'charges.priced',
      'rating.failed',
      'invoice.failed',
      'audit.broken',
      'adjustment.proposed',
      'credit.failed',
    ],
    deadLetters: true,
  },
  publishes: [],
  uses: ['postgres', 'slack'],
  timeoutSeconds: 60,
} as const satisfies Manifest;
