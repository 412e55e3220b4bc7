import type { Transaction } from '../database/database.ts';
import { alertRaise } from '../database/queries.generated.ts';
import { coalescingKey } from '../slack/alert.ts';
import type { Notice } from './notice.ts';

/** Keeps an alert in the transaction of what it is about; {@link deliverAlerts} tells it after the commit. A repeat adds nothing. */
export async function raiseAlert(transaction: Transaction, now: Date, { occasion, alert }: Notice): Promise<void> {
  await transaction.rows(alertRaise, {
    alert_key: coalescingKey(occasion),
    severity: alert.severity,
    title: alert.title,
    place: alert.where,
    why: alert.why,
    recover: alert.recover,
    raised_at: now,
  });
}
