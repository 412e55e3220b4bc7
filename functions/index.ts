import { http } from '@google-cloud/functions-framework';
import { ConfigurationError } from '../shared/configuration/configuration.ts';
import { manifest as aggregateUsage } from './aggregate-usage/manifest.ts';
import { manifest as alertFailures } from './alert-failures/manifest.ts';
import { requireCaller } from './caller.ts';
import { manifest as console } from './console/manifest.ts';
import { manifest as correctInvoices } from './correct-invoices/manifest.ts';
import { manifest as enforceRetention } from './enforce-retention/manifest.ts';
import { type HttpHandler, serve } from './http.ts';
import { manifest as issueCredits } from './issue-credits/manifest.ts';
import { manifest as issueInvoices } from './issue-invoices/manifest.ts';
import type { Manifest } from './manifest.ts';
import { manifest as priceUsage } from './price-usage/manifest.ts';
import { manifest as receiveStripeEvents } from './receive-stripe-events/manifest.ts';
import { manifest as reconcileStripe } from './reconcile-stripe/manifest.ts';
import { manifest as refreshUsage } from './refresh-usage/manifest.ts';
import { manifest as reportMetrics } from './report-metrics/manifest.ts';
import { manifest as retryExceptions } from './retry-exceptions/manifest.ts';
import { manifest as sealAuditLog } from './seal-audit-log/manifest.ts';
import { manifest as sweepOutbox } from './sweep-outbox/manifest.ts';
import { type TraceSurroundings, traceCall } from './trace.ts';
import { manifest as validateUsage } from './validate-usage/manifest.ts';
import { openWorld, type World } from './world.ts';

interface Wired {
  readonly manifest: Manifest;
  /** Loads the handler with its clients; only the function that is called loads its own. */
  readonly load: () => Promise<{ create(world: World): HttpHandler }>;
}

/** The wiring table, in the order that data takes. */
export const FUNCTIONS: readonly Wired[] = [
  { manifest: aggregateUsage, load: () => import('./aggregate-usage/handler.ts') },
  { manifest: refreshUsage, load: () => import('./refresh-usage/handler.ts') },
  { manifest: validateUsage, load: () => import('./validate-usage/handler.ts') },
  { manifest: priceUsage, load: () => import('./price-usage/handler.ts') },
  { manifest: issueInvoices, load: () => import('./issue-invoices/handler.ts') },
  { manifest: correctInvoices, load: () => import('./correct-invoices/handler.ts') },
  { manifest: issueCredits, load: () => import('./issue-credits/handler.ts') },
  { manifest: receiveStripeEvents, load: () => import('./receive-stripe-events/handler.ts') },
  { manifest: reconcileStripe, load: () => import('./reconcile-stripe/handler.ts') },
  { manifest: retryExceptions, load: () => import('./retry-exceptions/handler.ts') },
  { manifest: sweepOutbox, load: () => import('./sweep-outbox/handler.ts') },
  { manifest: reportMetrics, load: () => import('./report-metrics/handler.ts') },
  { manifest: sealAuditLog, load: () => import('./seal-audit-log/handler.ts') },
  { manifest: enforceRetention, load: () => import('./enforce-retention/handler.ts') },
  { manifest: alertFailures, load: () => import('./alert-failures/handler.ts') },
  { manifest: console, load: () => import('./console/handler.ts') },
];

/** Registers every function with the framework. `world` is opened at the first request. */
export function register(world: () => World): void {
  for (const { manifest, load } of FUNCTIONS) {
    http(
      manifest.name,
      serve(
        manifest.name,
        () => world().logger,
        async () => requireCaller(manifest, world(), (await load()).create(world())),
        async (request, work) => {
          const surroundings = await surroundingsOf(world);
          return surroundings === null ? work() : traceCall(surroundings, manifest, request, work);
        },
      ),
    );
  }
}

/** null when there is no world: the call itself then says why. */
async function surroundingsOf(world: () => World): Promise<TraceSurroundings | null> {
  try {
    const { tracer, effects, configuration } = world();
    return { tracer: (await tracer?.()) ?? null, now: () => effects.now(), project: configuration.projectId };
  } catch (error) {
    if (error instanceof ConfigurationError) return null;
    throw error;
  }
}

let shared: World | undefined;
register(() => {
  shared ??= openWorld(process.env);
  return shared;
});
