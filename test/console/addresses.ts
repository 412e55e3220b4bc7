/** An address of every route that the seeded month has something to show for. */
export const SEEDED_ADDRESSES = [
  '/',
  '/runs',
  '/runs/2026-10',
  '/runs/2026-10/report',
  '/runs/2026-09',
  '/runs/2026-09?sheet=2',
  '/invoices/2026-10/nimbus-robotics/usage',
  '/invoices/2026-10/quanta-bank/usage',
  '/invoices/2026-10/nimbus-robotics/usage/lines/1',
  '/invoices/2026-10/nimbus-robotics/usage/lines/2',
  '/usage',
  '/usage?period=2026-09',
  '/usage/europe-west1/requests/2026-10-14',
  '/retention',
  '/checkpoints/15',
  '/customers',
  '/customers?sheet=2',
  '/customers/nimbus-robotics',
  '/customers/tideline?period=2026-10',
  '/reconciliation',
  '/exceptions',
  '/operations',
  '/plans',
  '/shadow',
  '/shadow?period=2026-10',
  '/adjustments',
  '/audit',
  '/audit?before=5',
] as const;

/** Files that the seeded month gives away. */
export const DOWNLOADS = [
  '/runs/2026-10/invoices.csv',
  '/runs/2026-10/lines.csv',
  '/runs/2026-10/invoices.json',
] as const;
