import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'seal-audit-log',
  purpose: 'Seals the audit log of the day before, and tells the seal to the world outside the database.',
  trigger: { kind: 'schedule', cron: '10 0 * * *', perRegion: false },
  publishes: ['audit.sealed', 'audit.broken'],
  uses: ['postgres'],
  timeoutSeconds: 300,
} as const satisfies Manifest;
