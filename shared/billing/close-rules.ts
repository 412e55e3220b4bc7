import { z } from 'zod';
import { canonicalJson } from '../canonical/canonical-json.ts';
import type { Database, Reader, Transaction } from '../database/database.ts';
import {
  type CloseRuleKind,
  closeRuleApprove,
  closeRuleFindInForce,
  closeRuleLock,
  closeRulePropose,
  closeRuleRetire,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { parseCurrency } from '../exact/currency.ts';
import { exactOf, parseDecimal } from '../exact/decimal.ts';
import { Exact } from '../exact/exact.ts';
import type { Bounds } from './bounds.ts';

/** A decimal of at least `least`, as text: it is read exactly, here and in the database. */
const decimalAtLeast = (least: bigint) =>
  z.string().refine((text) => {
    const reading = parseDecimal(text);
    return reading.kind === 'decimal' && exactOf(reading.value).compare(Exact.of(least)) >= 0;
  }, `write a decimal of at least ${least} as text, like "2.5"`);

const currencyCode = z.string().refine((code) => parseCurrency(code) !== undefined, 'write a currency like usd');

/** The terms of bounds; see {@link Bounds} for their meaning. */
const boundsSchema = z.strictObject({
  maxLines: z.int().min(1).max(100_000),
  maxTimesMedian: decimalAtLeast(1n),
  medianOf: z.int().min(1).max(24),
  medianFrom: z.int().min(1).max(24),
  maxChange: decimalAtLeast(0n),
  tolerance: decimalAtLeast(0n),
});

/** A run goes on without a person only up to these totals, and this change against the last period. */
const automaticApprovalSchema = z.strictObject({
  limitsMinor: z.record(
    currencyCode,
    z.string().regex(/^[1-9]\d{0,17}$/, 'write whole minor units as text, like "5000000"'),
  ),
  maxChange: decimalAtLeast(0n),
});

const ruleId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'write an id of small letters, digits and -');

/** A rule of the close as its author writes it. */
export const closeRuleSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    rule: ruleId,
    kind: z.literal('bounds'),
    currency: z.union([z.literal('*'), currencyCode]),
    terms: boundsSchema,
  }),
  z.strictObject({ rule: ruleId, kind: z.literal('automatic_approval'), terms: automaticApprovalSchema }),
]);

export type CloseRule = z.infer<typeof closeRuleSchema>;

export type RuleOutcome =
  | { readonly kind: 'done'; readonly status: 'proposed' | 'approved_once' | 'in_force' | 'retired' }
  | { readonly kind: 'refused'; readonly reason: string };

interface RuleDependencies {
  readonly database: Database;
  readonly effects: Effects;
}

/** The bounds of a currency: its own, or those for every currency that has none. */
export type BoundsOf = (currency: string) => Bounds;

/** Reads the bounds in force. Throws when none are: they come with the schema, and one only takes another's place. */
export async function readBounds(reader: Reader): Promise<BoundsOf> {
  const rows = await reader.rows(closeRuleFindInForce, { kind: 'bounds' });
  const byCurrency = new Map(rows.map((row) => [row.currency, boundsOf(row.terms)]));
  return (currency) => {
    const found = byCurrency.get(currency) ?? byCurrency.get('*');
    if (found === undefined) throw new Error(`no bounds are in force for ${currency}`);
    return found;
  };
}

function boundsOf(terms: string): Bounds {
  const { maxTimesMedian, maxChange, tolerance, ...counts } = boundsSchema.parse(JSON.parse(terms));
  return {
    ...counts,
    maxTimesMedian: Exact.parse(maxTimesMedian),
    maxChange: Exact.parse(maxChange),
    tolerance: Exact.parse(tolerance),
  };
}

/** Proposes a rule; it holds once others have approved it. */
export function proposeRule(
  { database, effects }: RuleDependencies,
  rule: CloseRule,
  author: string,
  why: string,
): Promise<RuleOutcome> {
  return database.transaction({ actor: author, why }, async (transaction): Promise<RuleOutcome> => {
    const proposed = await transaction.first(closeRulePropose, {
      rule_id: rule.rule,
      kind: rule.kind,
      currency: rule.kind === 'bounds' ? rule.currency : '*',
      terms: canonicalJson(rule.terms),
      author,
      proposed_at: effects.now(),
    });
    if (proposed) return { kind: 'done', status: 'proposed' };
    return { kind: 'refused', reason: `there is a rule ${rule.rule} already; give this one another id` };
  });
}

/** Approvals that a rule takes beside its author: one that takes a person's place takes two. */
const APPROVALS = { bounds: 1, automatic_approval: 2 } as const satisfies Record<CloseRuleKind, number>;

/** Approves a rule, as somebody other than its author. The last approval puts it in the place of the one in force. */
export function approveRule(
  { database }: RuleDependencies,
  rule: string,
  approver: string,
  why: string,
): Promise<RuleOutcome> {
  return database.transaction({ actor: approver, why }, async (transaction): Promise<RuleOutcome> => {
    const row = await transaction.first(closeRuleLock, { rule_id: rule });
    if (row?.status !== 'proposed') return notThere(rule, row?.status, 'only a proposed rule can be approved');
    const isLast = APPROVALS[row.kind] === 1 || row.approver !== null;
    if (isLast) await transaction.rows(closeRuleRetire, { kind: row.kind, currency: row.currency });
    await transaction.rows(closeRuleApprove, { rule_id: rule, approver, is_last: isLast });
    return { kind: 'done', status: isLast ? 'in_force' : 'approved_once' };
  });
}

/** Ends the rule of automatic approval that is in force: from then on every run takes a person. */
export async function retireAutomaticApproval(transaction: Transaction): Promise<RuleOutcome> {
  const retired = await transaction.first(closeRuleRetire, { kind: 'automatic_approval', currency: '*' });
  if (retired) return { kind: 'done', status: 'retired' };
  return { kind: 'refused', reason: 'no rule of automatic approval is in force' };
}

function notThere(rule: string, status: string | undefined, wanted: string): RuleOutcome {
  return {
    kind: 'refused',
    reason: status === undefined ? `there is no rule ${rule}` : `rule ${rule} is ${status}; ${wanted}`,
  };
}
