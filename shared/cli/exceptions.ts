import { exceptionList } from '../database/queries.generated.ts';
import { addActingCommand, addCommand, type Registration, runActing, runReading } from './commands.ts';
import { parseNumber, retry, waive } from './exception-decisions.ts';
import type { CommandOutcome } from './outcome.ts';
import type { Session } from './session.ts';
import { age, instant } from './terminal/figures.ts';
import { statusPaint } from './terminal/status-paint.ts';
import type { Style } from './terminal/style.ts';
import { counted, indent, plain } from './terminal/table.ts';

interface ListOptions {
  readonly all?: boolean;
}

export function registerExceptions(registration: Registration): void {
  const group = registration.program.command('exceptions').description('what needs a retry or a decision');
  addCommand(group, 'list', 'what is open, being retried or waiting for a person, the oldest first')
    .option('--all', 'also what was resolved or waived')
    .action(runReading(registration, list));
  addActingCommand(group, 'retry', 'try one again now, also when its policy has given it to people')
    .argument('<number>', 'its number, as the list shows it', parseNumber)
    .action(
      runActing<[bigint, { readonly as?: string }]>(registration, ['operator'], (session, exception) =>
        retry(session, exception),
      ),
    );
  addActingCommand(
    group,
    'waive',
    'decide that nothing more is done about one; about money, by somebody else than who caused it',
  )
    .argument('<number>', 'its number, as the list shows it', parseNumber)
    .requiredOption('--why <reason>', 'what was decided; kept in the audit log')
    .action(runActing(registration, ['operator', 'approver', 'finance'], waive));
}

async function list({ database, effects }: Session, { all }: ListOptions): Promise<CommandOutcome> {
  const rows = await database.rows(exceptionList, { with_ended: all === true });
  const exceptions = rows.map((row) => ({
    exception: row.exception_id.toString(),
    class: row.class,
    subject: row.subject,
    status: row.status,
    reason: row.reason,
    detail: row.detail,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at,
    openedAt: row.opened_at,
    endedAt: row.ended_at,
    endedBy: row.ended_by,
    why: row.why,
  }));
  return {
    kind: 'done',
    value: { exceptions },
    text: (style) =>
      exceptions.length === 0
        ? style.good('No exceptions.')
        : exceptions.map((exception) => exceptionText(exception, effects.now(), style)).join('\n\n'),
  };
}

interface ShownException {
  readonly exception: string;
  readonly class: string;
  readonly subject: string;
  readonly status: string;
  readonly reason: string;
  readonly detail: string;
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
  readonly openedAt: Date;
  readonly endedAt: Date | null;
  readonly endedBy: string | null;
  readonly why: string | null;
}

function exceptionText(exception: ShownException, now: Date, style: Style): string {
  const head = `${style.bold(`#${exception.exception}`)}  ${statusPaint(exception.status, style)}  ${exception.class}  ${plain(exception.subject)}`;
  const history = `opened ${instant(exception.openedAt)} (${age(exception.openedAt, now)} ago), ${counted(exception.attempts, 'failure')}, ${outlook(exception)}`;
  return `${head}\n${indent(`${exception.reason}: ${plain(exception.detail)}\n${style.dim(history)}`, 4)}`;
}

function outlook({ endedAt, endedBy, why, nextAttemptAt }: ShownException): string {
  if (endedAt !== null)
    return `ended ${instant(endedAt)} by ${endedBy ?? 'nobody named'}: ${plain(why ?? 'no reason given')}`;
  return nextAttemptAt === null ? 'waits for a person' : `next attempt ${instant(nextAttemptAt)}`;
}
