import { create as aggregateUsage } from '../../functions/aggregate-usage/handler.ts';
import { manifest as aggregateUsageManifest } from '../../functions/aggregate-usage/manifest.ts';
import { create as alertFailures } from '../../functions/alert-failures/handler.ts';
import { manifest as alertFailuresManifest } from '../../functions/alert-failures/manifest.ts';
import { create as correctInvoices } from '../../functions/correct-invoices/handler.ts';
import { manifest as correctInvoicesManifest } from '../../functions/correct-invoices/manifest.ts';
import { create as enforceRetention } from '../../functions/enforce-retention/handler.ts';
import { manifest as enforceRetentionManifest } from '../../functions/enforce-retention/manifest.ts';
import type { HttpHandler } from '../../functions/http.ts';
import { create as issueCredits } from '../../functions/issue-credits/handler.ts';
import { manifest as issueCreditsManifest } from '../../functions/issue-credits/manifest.ts';
import { create as issueInvoices } from '../../functions/issue-invoices/handler.ts';
import { manifest as issueInvoicesManifest } from '../../functions/issue-invoices/manifest.ts';
import type { Manifest } from '../../functions/manifest.ts';
import { create as priceUsage } from '../../functions/price-usage/handler.ts';
import { manifest as priceUsageManifest } from '../../functions/price-usage/manifest.ts';
import { create as receiveStripeEvents } from '../../functions/receive-stripe-events/handler.ts';
import { manifest as receiveStripeEventsManifest } from '../../functions/receive-stripe-events/manifest.ts';
import { create as reconcileStripe } from '../../functions/reconcile-stripe/handler.ts';
import { manifest as reconcileStripeManifest } from '../../functions/reconcile-stripe/manifest.ts';
import { create as refreshUsage } from '../../functions/refresh-usage/handler.ts';
import { manifest as refreshUsageManifest } from '../../functions/refresh-usage/manifest.ts';
import { create as retryExceptions } from '../../functions/retry-exceptions/handler.ts';
import { manifest as retryExceptionsManifest } from '../../functions/retry-exceptions/manifest.ts';
import { create as sealAuditLog } from '../../functions/seal-audit-log/handler.ts';
import { manifest as sealAuditLogManifest } from '../../functions/seal-audit-log/manifest.ts';
import { create as sweepOutbox } from '../../functions/sweep-outbox/handler.ts';
import { manifest as sweepOutboxManifest } from '../../functions/sweep-outbox/manifest.ts';
import { create as validateUsage } from '../../functions/validate-usage/handler.ts';
import { manifest as validateUsageManifest } from '../../functions/validate-usage/manifest.ts';
import type { World } from '../../functions/world.ts';

/** The functions that take part in a month, with their handlers, without the web server before them. */
export const FUNCTIONS: readonly { readonly manifest: Manifest; readonly create: (world: World) => HttpHandler }[] = [
  { manifest: refreshUsageManifest, create: refreshUsage },
  { manifest: aggregateUsageManifest, create: aggregateUsage },
  { manifest: validateUsageManifest, create: validateUsage },
  { manifest: priceUsageManifest, create: priceUsage },
  { manifest: issueInvoicesManifest, create: issueInvoices },
  { manifest: correctInvoicesManifest, create: correctInvoices },
  { manifest: issueCreditsManifest, create: issueCredits },
  { manifest: receiveStripeEventsManifest, create: receiveStripeEvents },
  { manifest: retryExceptionsManifest, create: retryExceptions },
  { manifest: sweepOutboxManifest, create: sweepOutbox },
  { manifest: alertFailuresManifest, create: alertFailures },
  { manifest: reconcileStripeManifest, create: reconcileStripe },
  { manifest: sealAuditLogManifest, create: sealAuditLog },
  { manifest: enforceRetentionManifest, create: enforceRetention },
];
