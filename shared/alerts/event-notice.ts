import type { Reader } from '../database/database.ts';
import { invoiceTotalByCurrency } from '../database/queries.generated.ts';
import type { DaybookEvent, EventData } from '../events/catalogue.ts';
import { currency, formatMinorUnits, minorUnits } from '../exact/currency.ts';
import { COMMANDS } from './commands.ts';
import type { Notice } from './notice.ts';

/** The topics that people are told about. */
export type AlertTopic =
  | 'usage.incomplete'
  | 'charges.priced'
  | 'rating.failed'
  | 'invoice.failed'
  | 'audit.broken'
  | 'adjustment.proposed'
  | 'credit.failed';
export type AlertEvent = { readonly [T in AlertTopic]: DaybookEvent<T> & { readonly type: T } }[AlertTopic];

/** What people are told about an event: where, why, and the command that helps next. Reads the totals of a priced run. */
export async function noticeOf(reader: Reader, event: AlertEvent, consoleUrl: string | null): Promise<Notice> {
  switch (event.type) {
    case 'usage.incomplete':
      return usageIncomplete(event.data);
    case 'charges.priced':
      return chargesPriced(event.data, await totalsOf(reader, event.data.runId), consoleUrl);
    case 'rating.failed':
      return ratingFailed(event.data);
    case 'invoice.failed':
      return invoiceFailed(event.data);
    case 'audit.broken':
      return auditBroken(event.data);
    case 'adjustment.proposed':
      return adjustmentProposed(event.data);
    case 'credit.failed':
      return creditFailed(event.data);
    default:
      return event satisfies never;
  }
}

/** Sources of one region that fail for one reason on one day are one alert: it is one outage. */
function usageIncomplete({ region, source, day, reason, detail }: EventData<'usage.incomplete'>): Notice {
  return {
    occasion: { job: 'aggregate-usage', window: `${region}/${day}`, error: reason },
    alert: {
      severity: 'warning',
      title: `Usage of ${region} on ${day} is incomplete`,
      where: `region ${region}, day ${day}, source ${source}; other sources that fail alike are not told again`,
      why: `${reason}: ${detail}`,
      recover: `# it is tried again by itself; by hand:\n${COMMANDS.aggregate(region, day)}`,
    },
  };
}

function chargesPriced(data: EventData<'charges.priced'>, totals: string, consoleUrl: string | null): Notice {
  const { runId, period, fencingToken, invoices, held } = data;
  const seen = consoleUrl === null ? '' : ` Look at it: ${consoleUrl.replace(/\/$/, '')}/runs/${runId}`;
  const heldWords = held === 0 ? 'none held' : `${held} held for a decision`;
  return {
    occasion: { job: 'price-usage', window: `${runId}#${fencingToken}`, error: 'ready_for_review' },
    alert: {
      severity: held === 0 ? 'information' : 'warning',
      title: `Billing run ${runId} is ready for review`,
      where: `billing run ${runId}, period ${period}`,
      why: `${invoices} invoices, ${heldWords}, total ${totals}. Someone other than its author signs it off.${seen}`,
      recover: `${COMMANDS.showRun(runId)}\n${COMMANDS.approveRun(runId)}`,
    },
  };
}

function ratingFailed({ runId, period, customer, reason, detail }: EventData<'rating.failed'>): Notice {
  return {
    occasion: { job: 'price-usage', window: `${runId}/${customer}`, error: reason },
    alert: {
      severity: 'critical',
      title: `${customer} could not be rated for ${period}`,
      where: `billing run ${runId}, customer ${customer}; only this customer is held, the others go on`,
      why: `${reason}: ${detail}`,
      recover: `${COMMANDS.showRun(runId)}\n# when the cause is mended:\n${COMMANDS.rateRun(runId)}`,
    },
  };
}

function invoiceFailed({ invoiceId, runId, reason, detail }: EventData<'invoice.failed'>): Notice {
  return {
    occasion: { job: 'issue-invoices', window: invoiceId, error: reason },
    alert: {
      severity: 'critical',
      title: `Invoice ${invoiceId} could not be issued`,
      where: `invoice ${invoiceId} of billing run ${runId}`,
      why: `${reason}: ${detail}`,
      recover: `${COMMANDS.showInvoice(invoiceId)}\n${COMMANDS.issueRun(runId)}`,
    },
  };
}

function auditBroken({ day, faults, place }: EventData<'audit.broken'>): Notice {
  return {
    occasion: { job: 'seal-audit-log', window: day, error: 'audit_broken' },
    alert: {
      severity: 'critical',
      title: 'The audit log was changed from outside',
      where: `audit log, ${place}; the day ${day} is not sealed`,
      why: `${faults} ${faults === 1 ? 'entry is' : 'entries are'} not what their hashes were made from, since the last seal. Someone with rights beyond the application has written to the log.`,
      recover: COMMANDS.verifyAudit(),
    },
  };
}

function adjustmentProposed(data: EventData<'adjustment.proposed'>): Notice {
  const { adjustmentId, period, customer, total } = data;
  const amount = formatMinorUnits(minorUnits(BigInt(total)), currency(data.currency));
  return {
    occasion: { job: 'correct-invoices', window: adjustmentId, error: 'undecided' },
    alert: {
      severity: 'warning',
      title: `A correction of ${customer} for ${period} waits for a decision`,
      where: `adjustment ${adjustmentId}; the invoice stands as it is until then`,
      why: `${amount} ${data.currency.toUpperCase()} are over the limit up to which nobody is asked. Someone other than its author decides.`,
      recover: `${COMMANDS.showAdjustment(adjustmentId)}\n${COMMANDS.approveAdjustment(adjustmentId)}`,
    },
  };
}

function creditFailed({ creditId, reason, detail }: EventData<'credit.failed'>): Notice {
  const adjustmentId = creditId.replace(/\/credit\/\d+$/, '');
  return {
    occasion: { job: 'issue-credits', window: creditId, error: reason },
    alert: {
      severity: 'critical',
      title: `Credit ${creditId} could not be given`,
      where: `credit ${creditId} of adjustment ${adjustmentId}`,
      why: `${reason}: ${detail}`,
      recover: `# it is tried again by itself; by hand:\n${COMMANDS.applyAdjustment(adjustmentId)}`,
    },
  };
}

async function totalsOf(reader: Reader, runId: string): Promise<string> {
  const rows = await reader.rows(invoiceTotalByCurrency, { run_id: runId });
  if (rows.length === 0) return 'nothing';
  return rows
    .map((row) => `${formatMinorUnits(minorUnits(row.total), currency(row.currency))} ${row.currency.toUpperCase()}`)
    .join(' and ');
}
