import { COMMANDS } from './commands.ts';
import type { Notice } from './notice.ts';

/** Stripe and Daybook differ about a period. Told again only when something new was found. */
export function differenceNotice(
  { period, open, fresh }: { readonly period: string; readonly open: number; readonly fresh: number },
  foundAt: Date,
): Notice {
  return {
    occasion: { job: 'reconcile-stripe', window: `${period} ${foundAt.toISOString()}`, error: 'differences' },
    alert: {
      severity: 'critical',
      title: `Stripe and Daybook differ about ${period}`,
      where: `invoices of ${period}`,
      why: `${open} differences are open, ${fresh} of them new. Nothing was changed.`,
      recover: `${COMMANDS.reconcile(period)}\n# accept one that is right as it is:\n${COMMANDS.acceptDifference()}`,
    },
  };
}
