import type { Manifest } from '../manifest.ts';

export const manifest = {
  name: 'receive-stripe-events',
  purpose: 'Takes Stripe’s signed webhooks, once each, and follows an invoice to paid, uncollectible or void.',
  trigger: { kind: 'http', caller: 'stripe' },
  publishes: ['period.changed'],
  uses: ['postgres', 'stripe'],
  timeoutSeconds: 30,
  secrets: ['STRIPE_WEBHOOK_SECRETS'],
} as const satisfies Manifest;
