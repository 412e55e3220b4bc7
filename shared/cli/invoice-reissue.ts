import { type ReissueOutcome, reissueInvoice } from '../billing/reissue-invoice.ts';
import type { ActingSession } from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Style } from './terminal/style.ts';

export interface ReissueOptions {
  readonly as?: string;
  readonly why: string;
}

/** Bills what a voided invoice was for anew; somebody else approves the new one. */
export async function reissueCommand(
  session: ActingSession,
  invoiceId: string,
  { why }: ReissueOptions,
): Promise<CommandOutcome> {
  const outcome = await reissueInvoice(session, { invoiceId, actor: session.actor, why });
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
  const publication = await session.publish();
  return {
    kind: 'done',
    value: { voided: invoiceId, ...outcome, publication },
    text: (style: Style) =>
      [
        `${style.good('billed anew')}: ${style.bold(outcome.invoiceId)} in place of ${invoiceId}, by ${session.actor}`,
        ...(publication.kind === 'waiting' ? [style.warning(publication.message)] : []),
        `next: ${nextOf(outcome)}`,
      ].join('\n'),
  };
}

function nextOf({ invoiceId, status, runId, runStatus }: Extract<ReissueOutcome, { kind: 'reissued' }>): string {
  if (status === 'held') return `it is held, see why: daybook invoice show ${invoiceId}`;
  return runStatus === 'in_review'
    ? `it goes on with its run: daybook run show ${runId}`
    : `daybook invoice approve ${invoiceId} --why "…", by somebody else`;
}
