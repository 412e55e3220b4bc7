import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'enforce-retention',
  purpose:
    'Makes months of usage ahead, seals those of past quarters, and drops what is old and nothing needs any more.',
  trigger: { kind: 'schedule', cron: '30 3 * * *', perRegion: false },
  publishes: [],
  uses: ['postgres', 'slack'],
  timeoutSeconds: 540,
} as const satisfies Manifest;
