import { type CarryOutcome, carryOutVoid } from '../billing/carry-out-void.ts';
import { approveVoid, askVoid, type VoidAct, withdrawVoid } from '../billing/void-invoice.ts';
import { pacedStripe } from '../pace/paced-stripe.ts';
import type { ActingSession } from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Style } from './terminal/style.ts';

const STRIPE_TIMEOUT_MS = 20_000;

export interface VoidOptions {
  readonly as?: string;
  readonly why: string;
  readonly approve?: boolean;
  readonly withdraw?: boolean;
}

/** One person asks, another approves with --approve; the approval carries the void out. */
export async function voidCommand(
  session: ActingSession,
  invoiceId: string,
  { why, approve = false, withdraw = false }: VoidOptions,
): Promise<CommandOutcome> {
  if (approve && withdraw) return { kind: 'wrong_usage', message: 'Choose one: --approve or --withdraw.' };
  const act: VoidAct = { invoiceId, actor: session.actor, why };
  if (approve) return carryOut(session, act);
  const outcome = withdraw ? await withdrawVoid(session, act) : await askVoid(session, act);
  switch (outcome.kind) {
    case 'refused':
      return refused(outcome.reason, outcome.detail);
    case 'asked':
      return done(invoiceId, 'asked', (style) => {
        const next = `daybook invoice void ${invoiceId} --approve --as person:… --why "…"`;
        const closed =
          outcome.runStatus === 'closed'
            ? `\n${style.warning('Its run is closed')}: what is voided now is billed to nobody. A correction keeps the invoice: daybook contracts correct --help`
            : '';
        return `The void of ${style.bold(invoiceId)} is asked for. Somebody else approves it: ${next}${closed}`;
      });
    case 'withdrawn':
      return done(invoiceId, 'withdrawn', (style) => `The void of ${style.bold(invoiceId)} is no longer asked for.`);
    default:
      return outcome satisfies never;
  }
}

function done(invoice: string, outcome: string, text: (style: Style) => string): CommandOutcome {
  return { kind: 'done', value: { invoice, outcome }, text };
}

async function carryOut(session: ActingSession, act: VoidAct): Promise<CommandOutcome> {
  // Opened before the approval: without a key for Stripe nothing is approved that could not be carried out.
  const stripe = pacedStripe(session, STRIPE_TIMEOUT_MS);
  const approved = await approveVoid(session, act);
  if (approved.kind === 'refused') return refused(approved.reason, approved.detail);
  const { database, effects, actor } = session;
  const outcome = await carryOutVoid({ database, effects, stripe }, act.invoiceId, actor);
  const publication = await session.publish();
  return {
    kind: outcome.kind === 'voided' ? 'done' : 'failed',
    value: { invoice: act.invoiceId, outcome, publication },
    text: (style) => carriedText(act.invoiceId, outcome, style),
  };
}

function carriedText(invoiceId: string, outcome: CarryOutcome, style: Style): string {
  switch (outcome.kind) {
    case 'voided':
      return `${style.bold(invoiceId)} is ${style.good('void')}, in Stripe and here. It is billed to nobody now; while its run is open, daybook invoice reissue ${invoiceId} --why "…" bills it anew.`;
    case 'withdrawn':
      return `${style.bold(invoiceId)} ${style.warning('was not voided')}: ${outcome.detail}.`;
    case 'failed':
      return `${style.bold(invoiceId)} ${style.bad('could not be voided yet')}: ${outcome.detail}. The void stays approved: run the same command again, or let reconcile-stripe carry it out in the night.`;
    case 'nothing_approved':
      return `${style.bold(invoiceId)} was voided by somebody else at the same moment.`;
    default:
      return outcome satisfies never;
  }
}
