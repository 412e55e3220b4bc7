import { z } from 'zod';
import {
  approveRule,
  closeRuleSchema,
  proposeRule,
  type RuleOutcome,
  retireAutomaticApproval,
} from '../billing/close-rules.ts';
import { closeRuleList } from '../database/queries.generated.ts';
import { refusalOf } from '../database/sqlstate.ts';
import {
  type ActingSession,
  addActingCommand,
  addCommand,
  type Registration,
  runActing,
  runReading,
} from './commands.ts';
import type { CommandIo } from './io.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import { requireJsonFile } from './plan-file.ts';
import { parseReason } from './reason.ts';
import type { Session } from './session.ts';
import { instant } from './terminal/figures.ts';
import { statusPaint } from './terminal/status-paint.ts';
import { table } from './terminal/table.ts';

interface RuleOptions {
  readonly as?: string;
  readonly why: string;
}

/** The bounds outside which an invoice is held, and the rule under which a run needs no person. */
export function registerRules(registration: Registration): void {
  const group = registration.program
    .command('rules')
    .description('the rules of the close: bounds that hold an invoice, and automatic approval');
  const why = ['--why <reason>', 'kept in the audit log', parseReason] as const;
  addCommand(group, 'list', 'every rule, those in force first').action(runReading(registration, list));
  addActingCommand(group, 'propose', 'propose a rule; it holds once others have approved it')
    .argument('<file>', 'JSON: {"rule": ID, "kind": "bounds" or "automatic_approval", "currency": …, "terms": {…}}')
    .requiredOption(...why)
    .action(
      runActing<[string, RuleOptions]>(registration, ['author', 'finance'], (session, file, options) =>
        propose(registration.io, session, file, options),
      ),
    );
  addActingCommand(group, 'approve', 'approve a rule, as someone other than its author; automatic approval takes two')
    .argument('<rule>', 'the rule, by id')
    .requiredOption(...why)
    .action(
      runActing<[string, RuleOptions]>(registration, ['approver', 'finance'], (session, rule, options) =>
        decided(rule, () => approveRule(session, rule, session.actor, options.why)),
      ),
    );
  addActingCommand(group, 'retire-automatic-approval', 'end automatic approval: every run takes a person again')
    .requiredOption(...why)
    .action(
      runActing<[RuleOptions]>(registration, ['approver', 'finance'], (session, options) =>
        decided('automatic approval', () =>
          session.database.transaction({ actor: session.actor, why: options.why }, retireAutomaticApproval),
        ),
      ),
    );
}

async function list({ database }: Session): Promise<CommandOutcome> {
  const rows = await database.rows(closeRuleList, {});
  const rules = rows.map((row) => ({
    rule: row.rule_id,
    kind: row.kind,
    currency: row.currency,
    status: row.status,
    terms: JSON.parse(row.terms) as unknown,
    author: row.author,
    approvers: [row.approver, row.second_approver].filter((who) => who !== null),
    proposedAt: row.proposed_at,
  }));
  const columns = ['rule', 'kind', 'currency', 'status', 'terms', 'people', 'proposed'].map((title) => ({ title }));
  return {
    kind: 'done',
    value: { rules },
    text: (style) =>
      table(
        columns,
        rules.map((rule) => [
          rule.rule,
          rule.kind.replaceAll('_', ' '),
          rule.currency,
          statusPaint(rule.status, style),
          JSON.stringify(rule.terms),
          [rule.author ?? 'comes with Daybook', ...rule.approvers].join(', '),
          instant(rule.proposedAt),
        ]),
        style,
      ),
  };
}

async function propose(
  io: CommandIo,
  session: ActingSession,
  file: string,
  { why }: RuleOptions,
): Promise<CommandOutcome> {
  const reading = requireJsonFile(io, file);
  if (reading.kind === 'refused') return reading;
  const parsed = closeRuleSchema.safeParse(reading.json);
  if (!parsed.success) return refused('no_rule', `${file} is no rule of the close:\n${z.prettifyError(parsed.error)}`);
  return decided(parsed.data.rule, () => proposeRule(session, parsed.data, session.actor, why));
}

async function decided(rule: string, work: () => Promise<RuleOutcome>): Promise<CommandOutcome> {
  const outcome = await work().catch((error: unknown): RuleOutcome => {
    const reason = refusalOf(error);
    if (reason === undefined) throw error;
    return { kind: 'refused', reason };
  });
  if (outcome.kind === 'refused') return refused('rule_refused', `${outcome.reason}.`);
  const { status } = outcome;
  const next =
    status === 'proposed' || status === 'approved_once'
      ? `\nnext: daybook rules approve ${rule} --why "…", by someone else`
      : '';
  return {
    kind: 'done',
    value: { rule, status },
    text: (style) => `${style.good(status.replaceAll('_', ' '))}: ${rule}${next}`,
  };
}
