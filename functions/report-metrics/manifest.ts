import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'report-metrics',
  purpose: 'Writes how everything stands as log lines, of which the deployment’s metrics and alerts are made.',
  trigger: { kind: 'schedule', cron: '*/5 * * * *', perRegion: false },
  publishes: [],
  uses: ['postgres'],
  timeoutSeconds: 60,
} as const satisfies Manifest;
