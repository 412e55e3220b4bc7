/** The commands that alerts and the console hand to people, in one place, so that both say the same. */
const DAYBOOK = 'npm run daybook --';

export const COMMANDS = {
  aggregate: (region: string, day: string) => `${DAYBOOK} usage aggregate --region ${region} --day ${day}`,
  rerun: (region: string, day: string) => `${DAYBOOK} usage rerun --region ${region} --day ${day}`,
  listAnomalies: (period: string) => `${DAYBOOK} usage anomalies --period ${period}`,
  releaseAnomaly: (anomalyId: bigint) =>
    `${DAYBOOK} usage release-anomaly ${anomalyId} --as person:YOU --why "why the figure is right"`,
  approveWaiver: (region: string, source: string, day: string) =>
    `${DAYBOOK} usage approve-waiver --region ${region} --source ${source} --day ${day} --as person:YOU --why "what was considered"`,
  approveBackfill: (backfillId: bigint) =>
    `${DAYBOOK} usage approve-backfill ${backfillId} --as person:YOU --why "what was considered"`,
  resumeBackfill: (backfillId: bigint) => `${DAYBOOK} usage backfill --resume ${backfillId}`,
  completeness: (period: string) => `${DAYBOOK} usage completeness --period ${period}`,
  showRun: (period: string) => `${DAYBOOK} run show ${period}`,
  rateRun: (period: string) => `${DAYBOOK} run rate ${period}`,
  reportRun: (run: string) => `${DAYBOOK} run report ${run} --out run-report-${run.replace(':', '-')}.html`,
  approveRun: (run: string, reviewed?: string) =>
    `${DAYBOOK} run approve ${run} --as person:YOU${reviewed === undefined ? '' : ` --reviewed ${reviewed}`} --why "what was reviewed"`,
  closeRun: (run: string) => `${DAYBOOK} run close ${run} --as person:YOU --why "why it is done"`,
  releaseInvoice: (invoiceId: string) =>
    `${DAYBOOK} invoice release ${invoiceId} --as person:YOU --why "why it is right"`,
  issueRun: (period: string) => `${DAYBOOK} run issue ${period}`,
  showInvoice: (invoiceId: string) => `${DAYBOOK} invoice show ${invoiceId}`,
  voidInvoice: (invoiceId: string) =>
    `${DAYBOOK} invoice void ${invoiceId} --approve --as person:YOU --why "what was reviewed"`,
  reissueInvoice: (invoiceId: string) =>
    `${DAYBOOK} invoice reissue ${invoiceId} --as person:YOU --why "why it is billed anew"`,
  mapCustomer: (customerId: string) =>
    `${DAYBOOK} customers map ${customerId} cus_… --as person:YOU --why "which contract"`,
  reconcile: (period: string) => `${DAYBOOK} reconcile --period ${period} --as person:YOU`,
  acceptDifference: () => `${DAYBOOK} reconcile accept NUMBER --as person:YOU --why "why it is right"`,
  explainInvoice: (invoiceId: string) => `${DAYBOOK} invoice explain ${invoiceId}`,
  showAdjustment: (adjustmentId: string) => `${DAYBOOK} adjustments show ${adjustmentId}`,
  approveAdjustment: (adjustmentId: string) =>
    `${DAYBOOK} adjustments approve ${adjustmentId} --as person:YOU --why "what was reviewed"`,
  applyAdjustment: (adjustmentId: string) => `${DAYBOOK} adjustments apply ${adjustmentId}`,
  listExceptions: () => `${DAYBOOK} exceptions list`,
  retryException: (exception: bigint) => `${DAYBOOK} exceptions retry ${exception} --as person:YOU`,
  waiveException: (exception: bigint) =>
    `${DAYBOOK} exceptions waive ${exception} --as person:YOU --why "what was decided"`,
  listDeadLetters: () => `${DAYBOOK} dead-letters list`,
  replayDeadLetter: (letter: bigint) => `${DAYBOOK} dead-letters replay ${letter} --as person:YOU`,
  discardDeadLetter: (letter: bigint) =>
    `${DAYBOOK} dead-letters discard ${letter} --as person:YOU --why "what was decided"`,
  showPlan: (planVersion: string) => `${DAYBOOK} plan show ${planVersion}`,
  approvePlan: (planVersion: string) =>
    `${DAYBOOK} plan approve ${planVersion} --as person:YOU --why "what was reviewed"`,
  planRetention: () => `${DAYBOOK} retention plan`,
  verifyAudit: () => `${DAYBOOK} audit verify`,
  status: () => `${DAYBOOK} status`,
} as const;

/** What does the failed work of an exception again, or shows what to decide on; by class and subject. */
export function recoveryCommand(exceptionClass: string, subject: string): string {
  switch (exceptionClass) {
    case 'aggregation_failed': {
      const [region = 'REGION', , day = 'DAY'] = subject.split('/');
      return COMMANDS.aggregate(region, day);
    }
    case 'issuing_failed':
      return COMMANDS.issueRun(runOfInvoice(subject));
    case 'rating_failed':
      return COMMANDS.rateRun(subject.split('#', 1)[0] ?? subject);
    case 'period_incomplete':
      return COMMANDS.completeness(subject.split(':', 1)[0] ?? subject);
    case 'invoice_held':
    case 'issued_otherwise':
      return COMMANDS.showInvoice(subject);
    case 'voiding_failed':
      return COMMANDS.voidInvoice(subject);
    case 'stripe_differs':
      return COMMANDS.reconcile(subject);
    case 'rating_held':
    case 'unbilled_usage':
    case 'late_usage':
      return COMMANDS.showRun(subject.split('/', 1)[0] ?? subject);
    case 'adjustment_undecided':
      return COMMANDS.showAdjustment(subject);
    case 'credit_failed':
      return COMMANDS.applyAdjustment(subject.replace(/\/credit\/\d+$/, ''));
    case 'stray_usage':
    case 'retention_failed':
      return COMMANDS.planRetention();
    default:
      return COMMANDS.listExceptions();
  }
}

/** `2026-10/acme/usage` is of run 2026-10, `2026-10/acme/off-cycle-acme-1` of run 2026-10:acme-1. */
function runOfInvoice(invoiceId: string): string {
  const [period = invoiceId, , series = ''] = invoiceId.split('/');
  return series.startsWith(OFF_CYCLE) ? `${period}:${series.slice(OFF_CYCLE.length)}` : period;
}

const OFF_CYCLE = 'off-cycle-';
