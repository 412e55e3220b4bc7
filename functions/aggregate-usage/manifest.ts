import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'aggregate-usage',
  purpose: 'Reads yesterday’s usage of one region from every source and keeps it as checkpoints.',
  trigger: { kind: 'schedule', cron: '0 2 * * *', perRegion: true },
  publishes: ['usage.checkpointed', 'usage.incomplete'],
  uses: ['postgres', 'prometheus', 'bigquery'],
  timeoutSeconds: 540,
  resources: { memoryMiB: 1_024 },
} as const satisfies Manifest;
