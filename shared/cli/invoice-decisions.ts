import {
  approveInvoice,
  type DecisionOutcome,
  holdInvoice,
  type InvoiceDecision,
  releaseInvoice,
} from '../billing/invoice-decisions.ts';
import { type ActingSession, addActingCommand, type Registration, runActing } from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import { parseReason } from './reason.ts';
import type { Style } from './terminal/style.ts';

interface DecisionOptions {
  readonly as?: string;
  readonly why: string;
}

type Decide = (session: ActingSession, decision: InvoiceDecision) => Promise<DecisionOutcome>;

/** hold, release, approve: what a person decides about one invoice. */
export function registerInvoiceDecisions(
  registration: Registration,
  group: Parameters<typeof addActingCommand>[0],
  invoice: readonly [string, string],
): void {
  const why = ['--why <reason>', 'kept in the audit log', parseReason] as const;
  addActingCommand(group, 'hold', 'hold a rated invoice; the others of its run go on')
    .argument(...invoice)
    .requiredOption(...why)
    .action(
      runActing<[string, DecisionOptions]>(
        registration,
        ['operator', 'approver', 'finance'],
        decideBy('held', holdInvoice),
      ),
    );
  addActingCommand(group, 'release', 'let a held invoice go on, as someone who did not hold it')
    .argument(...invoice)
    .requiredOption(...why)
    .action(
      runActing<[string, DecisionOptions]>(registration, ['approver', 'finance'], decideBy('released', releaseInvoice)),
    );
  addActingCommand(
    group,
    'approve',
    'approve an invoice that was released or rated anew after its run was signed off, as someone who did not release it',
  )
    .argument(...invoice)
    .requiredOption(...why)
    .action(
      runActing<[string, DecisionOptions]>(registration, ['approver', 'finance'], decideBy('approved', approveInvoice)),
    );
}

type Decided = 'held' | 'released' | 'approved';

function decideBy(decided: Decided, decide: Decide) {
  return async (session: ActingSession, invoiceId: string, { why }: DecisionOptions): Promise<CommandOutcome> => {
    const outcome = await decide(session, { invoiceId, actor: session.actor, why });
    if (outcome.kind === 'refused') return refused(`not_${decided}`, `${outcome.reason}.`);
    const publication = await session.publish();
    const { runId, runStatus } = outcome;
    const next = nextOf(decided, invoiceId, runId, runStatus);
    return {
      kind: 'done',
      value: { invoice: invoiceId, decided, by: session.actor, run: runId, runStatus, publication },
      text: (style: Style) =>
        [
          `${style.good(decided)}: invoice ${invoiceId}, by ${session.actor}`,
          ...(publication.kind === 'waiting' ? [style.warning(publication.message)] : []),
          `next: ${next}`,
        ].join('\n'),
    };
  };
}

function nextOf(decided: Decided, invoiceId: string, runId: string, runStatus: string): string {
  switch (decided) {
    case 'held':
      return `daybook invoice release ${invoiceId} --why "…", by someone else`;
    case 'released':
      return runStatus === 'in_review' || runStatus === 'complete'
        ? `it goes on with its run: daybook run show ${runId}`
        : `run ${runId} was signed off without it: daybook invoice approve ${invoiceId} --why "…", by a third person`;
    case 'approved':
      return `it goes to Stripe by itself, or now with daybook run issue ${runId}`;
    default:
      return decided satisfies never;
  }
}
