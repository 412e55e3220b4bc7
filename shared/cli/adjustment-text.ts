import type { AdjustmentStatus } from '../database/queries.generated.ts';
import { figure, instant, money, shortDigest } from './terminal/figures.ts';
import { statusPaint } from './terminal/status-paint.ts';
import type { Style } from './terminal/style.ts';
import { pairs, plain, table } from './terminal/table.ts';

/** An adjustment as `show` prints it. */
export interface ShownAdjustment {
  readonly adjustment: string;
  readonly customer: string;
  readonly customerName: string;
  readonly period: string;
  readonly status: AdjustmentStatus;
  readonly cause: string;
  readonly corrects: readonly string[];
  readonly currency: string;
  readonly billedMinor: bigint;
  readonly correctedMinor: bigint;
  readonly totalMinor: bigint;
  readonly author: string;
  readonly approver: string | null;
  readonly decidedAt: Date | null;
  readonly invoice: string | null;
  readonly inputsDigest: string;
  readonly rerating: string;
  readonly lines: readonly {
    readonly label: string;
    readonly billed: { readonly exact: string };
    readonly corrected: { readonly exact: string };
    readonly amount: string;
  }[];
  readonly credits: readonly {
    readonly credit: string;
    readonly kind: string;
    readonly invoice: string | null;
    readonly amount: string;
    readonly status: string;
    readonly stripe: string | null;
    readonly failure: string | null;
  }[];
}

/** An adjustment for people: what it corrects, line by line, and where it stands. */
export function adjustmentText(shown: ShownAdjustment, style: Style): string {
  const amount = (minor: bigint) => money(minor, shown.currency);
  const facts = pairs(
    [
      ['customer', `${plain(shown.customerName)} (${shown.customer})`],
      [
        'corrects',
        `${shown.corrects.join(', ')}: billed ${amount(shown.billedMinor)}, right is ${amount(shown.correctedMinor)}`,
      ],
      ['status', statusPaint(shown.status, style)],
      ['because of', `${shown.cause.replaceAll('_', ' ')}, brought by ${shown.author}`],
      ['decision', decisionText(shown)],
      ['stands on', shown.invoice ?? (shown.credits.length > 0 ? 'credits in Stripe' : 'nothing yet')],
      ['rests on', `rerating ${shown.rerating}, inputs ${shortDigest(shown.inputsDigest)}`],
    ],
    style,
  );
  const lines = table(
    [
      { title: 'line' },
      { title: 'billed', align: 'right' },
      { title: 'right', align: 'right' },
      { title: 'amount', align: 'right' },
    ],
    [
      ...shown.lines.map((line) => [
        plain(line.label),
        figure(line.billed.exact),
        figure(line.corrected.exact),
        line.amount,
      ]),
      ['', '', '', ''],
      ['total', '', '', amount(shown.totalMinor)],
    ],
    style,
  );
  const credits = shown.credits.map(
    (credit) =>
      `${credit.kind.replaceAll('_', ' ')} of ${credit.amount}${credit.invoice === null ? '' : ` on ${credit.invoice}`}: ${statusPaint(credit.status, style)}${credit.stripe === null ? '' : ` as ${credit.stripe}`}${credit.failure === null ? '' : `, ${plain(credit.failure)}`}`,
  );
  return [
    style.bold(`Adjustment ${shown.adjustment}`),
    facts,
    '',
    lines,
    ...(credits.length > 0 ? ['', ...credits] : []),
  ].join('\n');
}

function decisionText({ status, approver, decidedAt }: ShownAdjustment): string {
  if (decidedAt === null) return status === 'proposed' ? 'waits for a person' : 'none';
  return `${approver ?? 'by the policy, under its limit'} at ${instant(decidedAt)}`;
}
