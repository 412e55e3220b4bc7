import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'validate-usage',
  purpose:
    'Judges new figures against the days before, checks that every region, source and day of a period is present, and pins the billing run when it is.',
  trigger: { kind: 'events', topics: ['usage.checkpointed'] },
  publishes: ['period.completed', 'period.changed'],
  uses: ['postgres'],
  timeoutSeconds: 60,
} as const satisfies Manifest;
