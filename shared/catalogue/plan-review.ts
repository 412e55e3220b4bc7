import type { PlanDocument, PlanLine, PlanRate, PlanTier } from '../plans/plan-document.ts';
import { namesUsed, readFormulas } from '../plans/read-formulas.ts';

/** One difference between two versions of a plan, as a reviewer reads it. */
export interface PlanChange {
  /** `line data`, `parameter price_per_gb`, `rate request_rate, tier 2`, `plan`. */
  readonly where: string;
  /** What of it: `formula`, `value`, `unit price`; null when all of it came or went. */
  readonly what: string | null;
  /** null when it did not exist. */
  readonly old: string | null;
  readonly new: string | null;
  /** The change in plain words. */
  readonly sentence: string;
  /** Keys of the new version's lines whose amount it can change. */
  readonly lines: readonly string[];
}

type Change = Omit<PlanChange, 'sentence' | 'lines'>;
type Named<Value> = Readonly<Record<string, Value>>;

/** Everything that differs, in the order in which a plan is read. Against null, the plan is new: one change says so. */
export function changesBetween(before: PlanDocument | null, after: PlanDocument): PlanChange[] {
  if (before === null) {
    const sentence = `${after.title} is new: no version of ${after.plan} was in force before.`;
    return [
      { where: 'plan', what: null, old: null, new: after.plan, sentence, lines: after.lines.map((line) => line.key) },
    ];
  }
  const used = linesByName(after);
  const affected = (names: readonly string[]) =>
    after.lines.map((line) => line.key).filter((key) => names.some((name) => used.get(name)?.has(key)));
  return [
    ...headChanges(before, after).map((change) => ({ ...change, lines: after.lines.map((line) => line.key) })),
    ...namedChanges('metric', before.metrics, after.metrics, metricParts, affected),
    ...namedChanges('parameter', before.parameters, after.parameters, parameterParts, affected),
    ...rateChanges(before, after, affected),
    ...lineChanges(before, after),
  ].map((change) => ({ ...change, sentence: sentenceOf(change) }));
}

type Unspoken = Omit<PlanChange, 'sentence'>;
/** What a part of the plan says, by what it is called. An absent text is left out. */
type Parts = Readonly<Record<string, string | undefined>>;

function headChanges(before: PlanDocument, after: PlanDocument): Change[] {
  const parts = ({ title, currency }: PlanDocument): Parts => ({ title, currency });
  return partChanges('plan', parts(before), parts(after));
}

function partChanges(where: string, before: Parts, after: Parts): Change[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((what) => before[what] !== after[what])
    .map((what) => ({ where, what, old: before[what] ?? null, new: after[what] ?? null }));
}

function namedChanges<Value>(
  group: string,
  before: Named<Value>,
  after: Named<Value>,
  parts: (value: Value) => Parts,
  affected: (names: readonly string[]) => string[],
): Unspoken[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().flatMap((name) => {
    const [old, next] = [before[name], after[name]];
    const where = `${group} ${name}`;
    const lines = affected([name]);
    if (old === undefined && next !== undefined)
      return [{ where, what: null, old: null, new: said(parts(next)), lines }];
    if (next === undefined && old !== undefined)
      return [{ where, what: null, old: said(parts(old)), new: null, lines }];
    if (old === undefined || next === undefined) return [];
    return partChanges(where, parts(old), parts(next)).map((change) => ({ ...change, lines }));
  });
}

function metricParts({ unit, rollup }: PlanDocument['metrics'][string]): Parts {
  return { unit, 'roll-up': rollup };
}

function parameterParts({ value, unit }: PlanDocument['parameters'][string]): Parts {
  return { value: unit === '1' ? value : `${value} ${unit}` };
}

function rateHead(rate: PlanRate): Parts {
  return { per: rate.per, 'flat at zero': rate.flatAtZero ? 'yes' : 'no', tiers: rate.tiers.map(saidTier).join('; ') };
}

/** Rates with the same number of tiers are compared tier by tier; otherwise their tiers are shown whole. */
function rateChanges(
  before: PlanDocument,
  after: PlanDocument,
  affected: (names: readonly string[]) => string[],
): Unspoken[] {
  return namedChanges('rate', before.rates, after.rates, rateHead, affected).flatMap((change): Unspoken[] => {
    const name = change.where.slice('rate '.length);
    const [old, next] = [before.rates[name], after.rates[name]];
    if (change.what !== 'tiers' || old?.tiers.length !== next?.tiers.length) return [change];
    return (next?.tiers ?? []).flatMap((tier, index) =>
      partChanges(`rate ${name}, tier ${index + 1}`, tierParts(old?.tiers[index]), tierParts(tier)).map((part) => ({
        ...part,
        lines: change.lines,
      })),
    );
  });
}

function tierParts(tier: PlanTier | undefined): Parts {
  if (tier === undefined) return {};
  return { 'up to': tier.upTo ?? 'no limit', 'unit price': tier.unitPrice, flat: tier.flat };
}

function saidTier(tier: PlanTier): string {
  const flat = tier.flat === undefined ? '' : ` plus ${tier.flat}`;
  return `${tier.upTo === null ? 'the rest' : `up to ${tier.upTo}`} at ${tier.unitPrice}${flat}`;
}

function lineParts(line: PlanLine): Parts {
  return {
    label: line.label,
    formula: line.formula,
    quantity: line.quantity,
    rated: line.per === 'project' ? 'for each project' : 'for the customer',
    'may be negative': line.allowNegative === true ? 'yes' : 'no',
  };
}

function lineChanges(before: PlanDocument, after: PlanDocument): Unspoken[] {
  const byKey = (plan: PlanDocument) => Object.fromEntries(plan.lines.map((line) => [line.key, line]));
  const old = byKey(before);
  const next = byKey(after);
  const changes = namedChanges('line', old, next, lineParts, (names) =>
    names.filter((name) => Object.hasOwn(next, name)),
  );
  const order = (plan: PlanDocument, other: Named<PlanLine>) =>
    plan.lines.map((line) => line.key).filter((key) => Object.hasOwn(other, key));
  const [oldOrder, newOrder] = [order(before, next).join(', '), order(after, old).join(', ')];
  if (oldOrder === newOrder) return changes;
  return [
    ...changes,
    { where: 'plan', what: 'order of lines', old: oldOrder, new: newOrder, lines: after.lines.map((line) => line.key) },
  ];
}

function said(parts: Parts): string {
  return Object.entries(parts)
    .flatMap(([what, text]) => (text === undefined ? [] : [`${what} ${text}`]))
    .join(', ');
}

function sentenceOf(change: Change): string {
  const subject = change.where.charAt(0).toUpperCase() + change.where.slice(1);
  if (change.what === null) {
    return change.old === null ? `${subject} is new: ${change.new}.` : `${subject} is removed (it was: ${change.old}).`;
  }
  if (change.old === null) return `${subject}: ${change.what} is now ${change.new}; it had none.`;
  if (change.new === null) return `${subject}: ${change.what} ${change.old} is removed.`;
  return `${subject}: ${change.what} changes from ${change.old} to ${change.new}.`;
}

/** Which lines use a metric, parameter or rate; through `subtotal`, a line also uses what the lines above it use. */
function linesByName(plan: PlanDocument): Map<string, Set<string>> {
  const reading = readFormulas(plan);
  const used = new Map<string, Set<string>>();
  if (reading.kind === 'refused') return used;
  const above = new Set<string>();
  for (const line of plan.lines) {
    const formula = reading.formulas.get(line.key);
    const names = new Set(formula === undefined ? [] : namesUsed(formula).map(({ name }) => name));
    if (names.has('subtotal')) for (const name of above) names.add(name);
    for (const name of names) {
      above.add(name);
      used.set(name, (used.get(name) ?? new Set()).add(line.key));
    }
  }
  return used;
}
