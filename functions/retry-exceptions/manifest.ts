import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'retry-exceptions',
  purpose:
    'Tries again what failed, as the policy of its class says, escalates what does not heal, drops runs back whose contracts have changed, and goes on with backfills.',
  trigger: { kind: 'schedule', cron: '*/5 * * * *', perRegion: false },
  publishes: ['usage.checkpointed', 'usage.incomplete', 'period.completed', 'invoice.approved', 'credit.approved'],
  uses: ['postgres', 'prometheus', 'bigquery', 'slack'],
  timeoutSeconds: 540,
} as const satisfies Manifest;
