import type { Command } from 'commander';
import type { InvoiceReplay } from '../billing/replay.ts';
import type { ReplayDifference } from '../billing/replay-differences.ts';
import { type ReplayScope, replayInvoices } from '../billing/replay-period.ts';
import type { BillingPeriod } from '../calendar/billing-period.ts';
import { invoiceCountOfPeriod } from '../database/queries.generated.ts';
import { addCommand, parsePeriodArgument, type Registration, runReading } from './commands.ts';
import type { CommandIo } from './io.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Session } from './session.ts';
import type { Style } from './terminal/style.ts';
import { counted, indent, plain } from './terminal/table.ts';

interface ReplayOptions {
  readonly period?: BillingPeriod;
}

const DIFFERENCES_SHOWN = 10;

export function registerReplay(group: Command, registration: Registration): void {
  addCommand(
    group,
    'replay',
    'compute an invoice, or all of a period, anew from what its run pinned, and compare the bytes of document, charges and requests to Stripe',
  )
    .argument('[invoice]', 'the id, like 2026-10/nimbus-robotics/usage')
    .option('--period <period>', 'every invoice of this month, like 2026-10', parsePeriodArgument)
    .action(
      runReading<[string | undefined, ReplayOptions]>(registration, (session, invoiceId, options) =>
        replay(session, registration.io, invoiceId, options),
      ),
    );
}

export function unknownInvoice(invoiceId: string): CommandOutcome {
  return refused(
    'unknown_invoice',
    `There is no invoice "${invoiceId.slice(0, 200)}": daybook invoice list shows those that there are.`,
  );
}

async function replay(
  { database }: Session,
  io: CommandIo,
  invoiceId: string | undefined,
  { period }: ReplayOptions,
): Promise<CommandOutcome> {
  const scope = scopeOf(invoiceId, period);
  if (scope === undefined)
    return {
      kind: 'wrong_usage',
      message: 'Name either one invoice or --period, like invoice replay --period 2026-10.',
    };
  const all =
    scope.kind === 'period' ? await database.first(invoiceCountOfPeriod, { period: scope.period }) : undefined;
  const replays: InvoiceReplay[] = [];
  for await (const batch of replayInvoices(database, scope)) {
    replays.push(...batch);
    if (all !== undefined) showProgress(io, replays.length, all.invoices);
  }
  if (replays.length === 0) {
    return scope.kind === 'invoice'
      ? unknownInvoice(scope.invoiceId)
      : refused(
          'no_invoices',
          `There are no invoices of ${scope.period}: daybook run show ${scope.period} says where it stands.`,
        );
  }
  return outcomeOf(replays);
}

function scopeOf(invoiceId: string | undefined, period: BillingPeriod | undefined): ReplayScope | undefined {
  if (invoiceId !== undefined && period === undefined) return { kind: 'invoice', invoiceId };
  return invoiceId === undefined && period !== undefined ? { kind: 'period', period } : undefined;
}

/** One line that is written over, for a person who waits. */
function showProgress({ stderr }: CommandIo, done: number, all: number): void {
  if (!stderr.isTerminal) return;
  const end = done >= all ? '\n' : '';
  stderr.write(`\rreplayed ${done.toLocaleString('en-US')} of ${counted(all, 'invoice')}${end}`);
}

function outcomeOf(replays: readonly InvoiceReplay[]): CommandOutcome {
  const count = (kind: InvoiceReplay['kind']) => replays.filter((one) => one.kind === kind).length;
  const counts = { identical: count('identical'), different: count('different'), rowsGone: count('rows_gone') };
  return {
    kind: counts.identical === replays.length ? 'done' : 'failed',
    value: { byteIdentical: counts.identical === replays.length, ...counts, invoices: replays },
    text: (style) =>
      [...replays.map((one) => replayText(one, style)), '', summaryText(replays.length, counts, style)].join('\n'),
  };
}

function replayText(replayed: InvoiceReplay, style: Style): string {
  switch (replayed.kind) {
    case 'identical': {
      const lines = replayed.held ? 'held, no lines' : counted(replayed.charges, 'charge');
      const requests = replayed.requests === 0 ? 'no request yet' : counted(replayed.requests, 'request');
      return `${plain(replayed.invoice)}  ${style.good('byte-identical')}  ${style.dim(`${counted(replayed.documentBytes, 'byte')}, ${lines}, ${requests}`)}`;
    }
    case 'rows_gone':
      return `${plain(replayed.invoice)}  ${style.warning('rows gone')}  retention has dropped its usage rows: the digest of the document holds and ${counted(replayed.requests, 'request')} follow from it, and nothing can be computed anew`;
    case 'different': {
      const { differences } = replayed;
      const shown = differences.slice(0, DIFFERENCES_SHOWN).map(differenceText);
      const left = differences.length - shown.length;
      const more = left > 0 ? [`… and ${left.toLocaleString('en-US')} more (all with --json)`] : [];
      return `${plain(replayed.invoice)}  ${style.bad(counted(differences.length, 'difference'))}\n${indent([...shown, ...more].join('\n'), 2)}`;
    }
    default:
      return replayed satisfies never;
  }
}

function differenceText({ what, line, field, kept, recomputed }: ReplayDifference): string {
  const where = line === null ? what : `${what}, line ${plain(line)}`;
  return `${where}: ${plain(field)} is ${valueText(kept)}, computed anew ${valueText(recomputed)}`;
}

function valueText(value: string | null): string {
  return value === null ? '(not there)' : plain(value);
}

function summaryText(
  all: number,
  {
    identical,
    different,
    rowsGone,
  }: { readonly identical: number; readonly different: number; readonly rowsGone: number },
  style: Style,
): string {
  if (identical === all)
    return `${style.good('byte-identical')}: ${counted(all, 'invoice')}, document, digest, charges and requests`;
  const parts = [
    `${counted(identical, 'invoice')} byte-identical`,
    ...(different > 0 ? [style.bad(`${different.toLocaleString('en-US')} different`)] : []),
    ...(rowsGone > 0 ? [style.warning(`${rowsGone.toLocaleString('en-US')} without their usage rows`)] : []),
  ];
  const advice =
    different > 0 ? ' Do not correct anything by hand: daybook audit verify says whether the data were changed.' : '';
  return `${parts.join(', ')} of ${counted(all, 'invoice')}.${advice}`;
}
