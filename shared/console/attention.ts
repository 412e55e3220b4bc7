import { COMMANDS, recoveryCommand } from '../alerts/commands.ts';
import type { StateOf } from '../states/transitions.ts';
import { type UsageDecisions, usageAttention } from './attention-usage.ts';
import type { Tone } from './parts.ts';

/** Something that only a person can move on, with the command that does. */
export interface Attention {
  readonly tone: Tone;
  readonly what: string;
  readonly why: string;
  readonly address: string;
  readonly command: string;
}

/** What the overview knows of the state of things. */
export interface Situation {
  readonly run: { readonly period: string; readonly status: StateOf<'billing_run'> } | null;
  readonly invoices: readonly { readonly id: string; readonly status: string; readonly reason: string | null }[];
  /** Cells of days that have ended without a figure. */
  readonly missing: readonly {
    readonly region: string;
    readonly source: string;
    readonly day: string;
    readonly reason: string;
  }[];
  readonly exceptions: readonly {
    readonly id: bigint;
    readonly class: string;
    readonly subject: string;
    readonly status: string;
    readonly reason: string;
    readonly retriedAt: Date | null;
  }[];
  readonly usage: UsageDecisions;
  readonly deadLetters: number;
  readonly outbox: { readonly waiting: bigint; readonly oldest: Date | null };
  readonly unsentAlerts: number;
  readonly plansInReview: readonly string[];
  readonly unmappedCustomers: readonly string[];
  readonly now: Date;
}

/** A fact waits seconds in the outbox, a minute when the sweeper must fetch it. */
const OUTBOX_LATE_MS = 5 * 60_000;
/** More of one kind are named by their count: the page behind the link lists them. */
const SHOWN_PER_KIND = 3;

/** Everything that waits for a person, the most pressing first. */
export function attention(situation: Situation): readonly Attention[] {
  return [
    ...ofRun(situation),
    ...ofInvoices(situation),
    ...ofUsage(situation),
    ...usageAttention(situation.usage),
    ...ofExceptions(situation),
    ...ofMessages(situation),
    ...ofCatalogue(situation),
  ];
}

function ofRun({ run }: Situation): readonly Attention[] {
  if (run === null) return [];
  const { period } = run;
  const address = `/runs/${period}`;
  switch (run.status) {
    case 'in_review':
      return [
        {
          tone: 'warning',
          what: `Run ${period} is ready for review`,
          why: 'Someone other than its author signs it off.',
          address,
          command: COMMANDS.approveRun(period),
        },
      ];
    case 'rating_failed':
      return [
        {
          tone: 'bad',
          what: `Rating of ${period} failed`,
          why: 'It goes on when it is started again.',
          address,
          command: COMMANDS.rateRun(period),
        },
      ];
    case 'issuing_failed':
      return [
        {
          tone: 'bad',
          what: `Issuing of ${period} failed`,
          why: 'It goes on when it is started again.',
          address,
          command: COMMANDS.issueRun(period),
        },
      ];
    case 'issued':
    case 'open':
    case 'collecting':
    case 'complete':
    case 'rated':
    case 'approved':
    case 'issuing':
    case 'closed':
      return [];
    default:
      return run.status satisfies never;
  }
}

function ofInvoices(situation: Situation): readonly Attention[] {
  const { invoices, run } = situation;
  const failed = invoices.filter((invoice) => invoice.status === 'stripe_failed');
  const held = invoices.filter((invoice) => invoice.status === 'held');
  const one = (what: string, tone: Tone, invoice: Situation['invoices'][number], command: string): Attention => ({
    tone,
    what: `Invoice ${invoice.id} ${what}`,
    why: invoice.reason ?? 'No reason was recorded.',
    address: `/invoices/${invoice.id}`,
    command,
  });
  return [
    ...failed
      .slice(0, SHOWN_PER_KIND)
      .map((invoice) => one('could not be issued', 'bad', invoice, COMMANDS.showInvoice(invoice.id))),
    ...more(
      failed.length,
      'invoices could not be issued',
      'bad',
      `/runs/${run?.period ?? ''}`,
      COMMANDS.issueRun(run?.period ?? 'PERIOD'),
    ),
    ...held
      .slice(0, SHOWN_PER_KIND)
      .map((invoice) => one('is held', 'warning', invoice, COMMANDS.showInvoice(invoice.id))),
    ...more(
      held.length,
      'invoices are held',
      'warning',
      `/runs/${run?.period ?? ''}`,
      COMMANDS.showRun(run?.period ?? 'PERIOD'),
    ),
    ...unbilledVoids(situation),
  ];
}

/** What a voided invoice was for is billed to nobody until it is billed anew; a closed run has left it on purpose. */
function unbilledVoids({ invoices, run }: Situation): readonly Attention[] {
  if (run?.status === 'closed') return [];
  // The id of a later generation has a number behind its obligation's period, customer and series.
  const obligationOf = (id: string) => id.split('/').slice(0, 3).join('/');
  const billed = new Set(invoices.filter(({ status }) => status !== 'void').map(({ id }) => obligationOf(id)));
  const latest = new Map(
    invoices
      .filter(({ id, status }) => status === 'void' && !billed.has(obligationOf(id)))
      .map(({ id }) => [obligationOf(id), id]),
  );
  const shown = [...latest.values()].slice(0, SHOWN_PER_KIND).map(
    (id): Attention => ({
      tone: 'warning',
      what: `Invoice ${id} is void, and nothing stands in its place`,
      why: 'The customer is not billed for the period until it is billed anew, or left on purpose when the run is closed.',
      address: `/invoices/${id}`,
      command: COMMANDS.reissueInvoice(id),
    }),
  );
  return [
    ...shown,
    ...more(
      latest.size,
      'voided invoices are billed to nobody',
      'warning',
      `/runs/${run?.period ?? ''}`,
      COMMANDS.showRun(run?.period ?? 'PERIOD'),
    ),
  ];
}

/** One line for a region and day: its sources are read by one job. */
function ofUsage({ missing }: Situation): readonly Attention[] {
  const jobs = [...Map.groupBy(missing, (cell) => `${cell.region}/${cell.day}`).values()];
  const shown = jobs.slice(0, SHOWN_PER_KIND).flatMap((cells): Attention[] => {
    const [first] = cells;
    if (first === undefined) return [];
    const { region, day } = first;
    return [
      {
        tone: 'bad',
        what: `Usage of ${region} on ${day} is incomplete`,
        why: cells.map((cell) => `${cell.source}: ${cell.reason}`).join('; '),
        address: `/usage/${region}/${first.source}/${day}`,
        command: COMMANDS.aggregate(region, day),
      },
    ];
  });
  const period = missing[0]?.day.slice(0, 7) ?? 'PERIOD';
  return [
    ...shown,
    ...more(
      jobs.length,
      'days of regions are incomplete',
      'bad',
      `/usage?period=${period}`,
      COMMANDS.completeness(period),
    ),
  ];
}

/** What a policy will try again by itself needs nobody; a stopped invoice is named once, as an invoice. */
function ofExceptions({ exceptions, invoices }: Situation): readonly Attention[] {
  const stopped = invoices.filter((invoice) => invoice.status === 'held' || invoice.status === 'stripe_failed');
  const waiting = exceptions.filter(
    (exception) =>
      exception.retriedAt === null &&
      exception.status !== 'retrying' &&
      !stopped.some((invoice) => `${invoice.id}/`.startsWith(`${exception.subject}/`)),
  );
  return [
    ...waiting.slice(0, SHOWN_PER_KIND).map(
      (exception): Attention => ({
        tone: exception.status === 'escalated' ? 'bad' : 'warning',
        what: `Exception ${exception.id}: ${exception.class.replaceAll('_', ' ')}`,
        why: `${exception.subject}: ${exception.reason.replaceAll('_', ' ')}`,
        address: '/exceptions',
        command: recoveryCommand(exception.class, exception.subject),
      }),
    ),
    ...more(waiting.length, 'exceptions wait for a decision', 'warning', '/exceptions', COMMANDS.listExceptions()),
  ];
}

function ofMessages({ deadLetters, outbox, unsentAlerts, now }: Situation): readonly Attention[] {
  const late = outbox.oldest !== null && now.getTime() - outbox.oldest.getTime() > OUTBOX_LATE_MS;
  return [
    ...when(deadLetters > 0, {
      tone: 'bad',
      what: `${deadLetters} ${deadLetters === 1 ? 'message was' : 'messages were'} put aside`,
      why: 'They are kept, with the reason; once the cause is mended they can go back.',
      address: '/exceptions#dead-letters',
      command: COMMANDS.status(),
    }),
    ...when(late, {
      tone: 'bad',
      what: `${outbox.waiting} facts wait to be published`,
      why: 'The sweeper runs every minute: either it is paused or Pub/Sub cannot be reached.',
      address: '/exceptions',
      command: COMMANDS.status(),
    }),
    ...when(unsentAlerts > 0, {
      tone: 'warning',
      what: `${unsentAlerts} ${unsentAlerts === 1 ? 'alert has' : 'alerts have'} not reached Slack`,
      why: 'They are listed with what Slack answered.',
      address: '/exceptions#alerts',
      command: COMMANDS.status(),
    }),
  ];
}

function ofCatalogue({ plansInReview, unmappedCustomers }: Situation): readonly Attention[] {
  const [plan] = plansInReview;
  return [
    ...when(plan !== undefined, {
      tone: 'warning',
      what: `${plansInReview.length} plan ${plansInReview.length === 1 ? 'version waits' : 'versions wait'} for review`,
      why: 'Someone other than the author approves or rejects.',
      address: '/plans',
      command: COMMANDS.showPlan(plan ?? ''),
    }),
    ...when(unmappedCustomers.length > 0, {
      tone: 'warning',
      what: `${unmappedCustomers.length} billed ${unmappedCustomers.length === 1 ? 'customer is' : 'customers are'} unknown in Stripe`,
      why: `Their invoices cannot be issued: ${unmappedCustomers.slice(0, 5).join(', ')}${unmappedCustomers.length > 5 ? ' …' : ''}`,
      address: '/customers',
      command: COMMANDS.status(),
    }),
  ];
}

function when(holds: boolean, attention: Attention): readonly Attention[] {
  return holds ? [attention] : [];
}

function more(count: number, what: string, tone: Tone, address: string, command: string): readonly Attention[] {
  if (count <= SHOWN_PER_KIND) return [];
  return [{ tone, what: `${count} ${what} in all`, why: 'The page lists every one.', address, command }];
}
