import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'console',
  purpose: 'Shows operators and finance the runs, usage, invoices and exceptions.',
  trigger: { kind: 'http', caller: 'operators' },
  publishes: [],
  uses: ['postgres'],
  timeoutSeconds: 30,
} as const satisfies Manifest;
