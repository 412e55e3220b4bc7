import { type ExceptionClass, POLICIES } from '../exceptions/policy.ts';
import type { Severity } from '../slack/alert.ts';
import { COMMANDS, recoveryCommand } from './commands.ts';
import type { Notice } from './notice.ts';

/** How people hear of an exception when it opens: by the event or notice of the failure itself, or by an alert of its own. */
const TOLD_BY = {
  aggregation_failed: 'event',
  issuing_failed: 'event',
  invoice_held: 'event',
  rating_held: 'event',
  adjustment_undecided: 'event',
  credit_failed: 'event',
  stripe_differs: 'event',
  stray_usage: 'event',
  retention_failed: 'event',
  rating_failed: 'alert',
  period_incomplete: 'alert',
  unbilled_usage: 'alert',
  late_usage: 'alert',
  issued_otherwise: 'alert',
  voiding_failed: 'alert',
} as const satisfies Record<ExceptionClass, 'event' | 'alert'>;

/** The classes whose exceptions nothing else tells people of. */
export const CLASSES_TO_TELL = (Object.keys(TOLD_BY) as ExceptionClass[]).filter((name) => TOLD_BY[name] === 'alert');

/** The classes that are tried again, so that their policy can give one up. */
export const RETRIED_CLASSES = (Object.keys(POLICIES) as ExceptionClass[]).filter(isRetried);

export interface LiveException {
  readonly class: string;
  readonly subject: string;
  readonly status: string;
  readonly reason: string;
  readonly detail: string;
  readonly openedAt: Date;
}

/** One alert per class, run or region, and day: the shards of a run that fail alike are one fault. Told again when it is given up. */
export function exceptionNotice(exception: LiveException): Notice {
  const { class: name, subject, status, reason, detail, openedAt } = exception;
  const about = subject.split(/[/#]/, 1)[0] ?? subject;
  const day = openedAt.toISOString().slice(0, 10);
  const isGivenUp = status === 'escalated' && isRetried(name);
  return {
    occasion: { job: `exception ${name}`, window: `${about} ${day}`, error: isGivenUp ? 'given_up' : 'open' },
    alert: {
      severity: severityOf(name, isGivenUp),
      title: `${name.replaceAll('_', ' ')}: ${subject}${isGivenUp ? ' is given up and waits for a person' : ''}`,
      where: `${subject}; other exceptions of this class about ${about} that day are not told again`,
      why: `${reason}: ${detail}`,
      recover: `${recoveryCommand(name, subject)}\n${COMMANDS.listExceptions()}`,
    },
  };
}

/** What stops a run, or was given up, is critical; what waits for a decision while the rest goes on is a warning. */
function severityOf(name: string, isGivenUp: boolean): Severity {
  return isGivenUp || isRetried(name) || name === 'period_incomplete' || name === 'voiding_failed'
    ? 'critical'
    : 'warning';
}

function isRetried(name: string): boolean {
  return Object.hasOwn(POLICIES, name) && POLICIES[name as ExceptionClass].maxAttempts > 0;
}
