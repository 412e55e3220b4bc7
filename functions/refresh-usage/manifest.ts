import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'refresh-usage',
  purpose: 'Reads what one region has used of today so far, for figures that are provisional and never billed.',
  trigger: { kind: 'schedule', cron: '*/10 * * * *', perRegion: true },
  publishes: [],
  uses: ['postgres', 'prometheus', 'bigquery'],
  timeoutSeconds: 300,
} as const satisfies Manifest;
