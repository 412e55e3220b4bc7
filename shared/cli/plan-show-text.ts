import type { PlanDetail, PlanSummary } from '../catalogue/plan-list.ts';
import { backtestText, changesText } from './plan-backtest-text.ts';
import { diagnosticsText } from './plan-diagnostics-text.ts';
import { instant, shortDigest } from './terminal/figures.ts';
import { statusPaint } from './terminal/status-paint.ts';
import type { Style } from './terminal/style.ts';
import { pairs, plain, table } from './terminal/table.ts';

export function planListText(plans: readonly PlanSummary[], style: Style): string {
  if (plans.length === 0) return 'There is no plan yet: submit one with "daybook plan submit FILE".';
  const columns = [
    'plan',
    'version',
    'title',
    'currency',
    'state',
    'in force from',
    'approvals',
    'author',
    'submitted',
  ].map((title) => ({ title }));
  const rows = plans.map((plan) => [
    plan.plan,
    shortDigest(plan.planVersion),
    plain(plan.title),
    plan.currency,
    statusPaint(plan.status, style),
    plan.activeFrom ?? '',
    `${plan.approvals.given} of ${plan.approvals.required}`,
    plan.author,
    instant(plan.submittedAt),
  ]);
  return table(columns, rows, style);
}

/** A version as its reviewer reads it: what it is, what changes, what the check found, what it would have billed, who approved. */
export function planText(plan: PlanDetail, style: Style): string {
  const { document } = plan;
  return [
    `${style.bold(plain(document.title))} (${document.plan}), ${document.currency}`,
    pairs(
      [
        ['version', plan.planVersion],
        ['state', statusPaint(plan.status, style)],
        ['author', `${plan.author}, ${instant(plan.submittedAt)}`],
        ...(plan.activeFrom === null ? [] : [['in force from', plan.activeFrom] as const]),
      ],
      style,
    ),
    section('Lines', linesText(plan, style), style),
    section(
      plan.replaces === null ? 'What changes' : `What changes against ${shortDigest(plan.replaces)}`,
      changesText(plan.changes),
      style,
    ),
    section('What the check found', checkText(plan, style), style),
    section('What it would have billed', reviewText(plan, style), style),
    section('Approvals', approvalsText(plan, style), style),
  ].join('\n\n');
}

function section(title: string, text: string, style: Style): string {
  return `${style.bold(title)}\n${text}`;
}

function linesText({ document }: PlanDetail, style: Style): string {
  const rows = document.lines.map((line) => [line.key, plain(line.label), plain(line.formula)]);
  return table([{ title: 'key' }, { title: 'label' }, { title: 'formula' }], rows, style);
}

function checkText({ diagnostics, document }: PlanDetail, style: Style): string {
  if (diagnostics.length === 0) return 'Nothing: every guarantee is proved.';
  return diagnosticsText(diagnostics, new Map(document.lines.map((line) => [line.key, line.formula])), style);
}

function reviewText({ backtest, changes }: PlanDetail, style: Style): string {
  if (backtest === null) return 'It was not rated yet.';
  return `${backtestText(backtest.result, changes, style)}\n\n${style.dim(`backtest ${shortDigest(backtest.digest)}, ${instant(backtest.madeAt)}`)}`;
}

function approvalsText({ approvals, approvalsRequired }: PlanDetail, style: Style): string {
  const required =
    approvalsRequired > 1
      ? 'Two people must approve, one of them of finance.'
      : 'One person other than the author must approve.';
  if (approvals.length === 0) return required;
  const columns = [
    { title: 'who' },
    { title: 'as' },
    { title: 'when' },
    { title: 'acknowledged' },
    { title: 'counts' },
    { title: 'why' },
  ];
  const rows = approvals.map((approval) => [
    approval.approver,
    approval.approvedAs,
    instant(approval.approvedAt),
    approval.acknowledged.join(', '),
    approval.valid ? style.good('yes') : style.warning('no: the backtest changed since'),
    plain(approval.why),
  ]);
  return `${required}\n${table(columns, rows, style)}`;
}
