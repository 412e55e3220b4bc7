import { formatMinorUnits, roundToMinorUnits } from '../../exact/currency.ts';
import { Exact } from '../../exact/exact.ts';
import type { Diagnostic, DiagnosticCode } from '../diagnostic.ts';
import type { PlanDocument } from '../plan-document.ts';
import { namesUsed } from '../read-formulas.ts';
import { cliffsOf } from './cliffs.ts';
import { constantConditions, isIgnored } from './constant.ts';
import type { Step } from './counterexample.ts';
import type { StopPlace, StopReason } from './division.ts';
import type { Usage } from './evaluate.ts';
import type { LineProofs } from './examine.ts';
import { excerpt, inWords, lineFinding } from './finding.ts';
import type { Proof } from './guarantee.ts';
import { isJudgedWithSubtotal, judgedAmount } from './monotone.ts';
import { unreachable } from './proof/reduce.ts';

/** What the proofs about one line come to, as findings. */
export function lineFindings(plan: PlanDocument, proofs: LineProofs): Diagnostic[] {
  return [
    ...stopFindings(proofs),
    ...signFindings(proofs),
    ...[...proofs.rising].flatMap(([metric, proof]) => risingFindings(proofs, metric, proof)),
    ...conditionFindings(plan, proofs),
    ...ignoredFindings(proofs),
  ];
}

interface StopWords {
  readonly refuted: DiagnosticCode;
  readonly unproven: DiagnosticCode;
  /** Completes "The divisor "gb" …". */
  readonly what: string;
  readonly can: string;
  readonly remedy: (culprit: string) => string;
}

function stopWords(reason: StopReason): StopWords {
  switch (reason) {
    case 'division_by_zero':
      return {
        refuted: 'division-by-zero',
        unproven: 'division-unproven',
        what: 'The divisor',
        can: 'zero',
        remedy: (culprit) => `Divide only where it is not, as in ${culprit} > 0 ? … / ${culprit} : 0.`,
      };
    case 'negative_quantity':
      return {
        refuted: 'negative-quantity',
        unproven: 'quantity-unproven',
        what: 'The quantity',
        can: 'negative',
        remedy: (culprit) => `Write max(0, ${culprit}).`,
      };
    case 'package_size_not_positive':
      return {
        refuted: 'package-size-not-positive',
        unproven: 'package-size-unproven',
        what: 'The package size',
        can: 'negative',
        remedy: () => 'Use a parameter that is above zero.',
      };
    default:
      return unreachable(reason);
  }
}

function stopFindings({ context, search, stops }: LineProofs): Diagnostic[] {
  const { key, formula } = context.line;
  return stops.flatMap(({ place, proof }: { place: StopPlace; proof: Proof }) => {
    if (proof.kind === 'proved') return [];
    const words = stopWords(place.reason);
    const { span } = place.culprit;
    const culprit = excerpt(formula, span);
    const remedy = words.remedy(formula.slice(span.start, span.end));
    if (proof.kind === 'unknown') {
      const message = `${words.what} ${culprit} could not be proved never to be ${words.can}; where it is, the customer's invoice is held. ${remedy}`;
      return [lineFinding(words.unproven, key, span, message)];
    }
    const usage = search.describe(proof.evidence);
    const message = `${words.what} ${culprit} can be ${words.can}: with ${inWords(usage)} the line has no amount, and the customer's invoice is held. ${remedy}`;
    return [lineFinding(words.refuted, key, span, message, usage)];
  });
}

function signFindings({ context, search, nonNegative }: LineProofs): Diagnostic[] {
  if (nonNegative === undefined || nonNegative.kind === 'proved') return [];
  const { key } = context.line;
  const { span } = context.formula;
  const remedy = 'Wrap it in max(0, …), or set allowNegative if it is a discount or credit.';
  if (nonNegative.kind === 'unknown') {
    const message = `The line could not be proved never to be negative; where it is, the customer's invoice is held. ${remedy}`;
    return [lineFinding('negative-unproven', key, span, message)];
  }
  const usage = search.describe(nonNegative.evidence);
  const message = `The line can be negative: with ${inWords(usage)} it comes to ${lineAmount({ context, search }, nonNegative.evidence)}. ${remedy}`;
  return [lineFinding('may-be-negative', key, span, message, usage)];
}

type Judged = Pick<LineProofs, 'context' | 'search'>;

function lineAmount({ context, search }: Judged, usage: Usage): string {
  const outcome = search.outcome(usage);
  return outcome.kind === 'amount' ? money(context, outcome.exact) : 'no amount';
}

/** The rounded amount, or the exact one where rounding would hide it. */
function money(context: LineProofs['context'], exact: Exact): string {
  const rounded = roundToMinorUnits(exact, context.currency);
  const amount = rounded === 0n ? exact.toString() : formatMinorUnits(rounded, context.currency);
  return `${amount} ${context.currency}`;
}

function risingFindings(proofs: LineProofs, metric: string, proof: Proof<Step>): Diagnostic[] {
  if (proof.kind === 'proved') return [];
  const { context, search } = proofs;
  const { key } = context.line;
  if (proof.kind === 'unknown') {
    const message = `It could not be proved that more ${metric} never costs less in this line. Compare quotes of rising usage before you approve it.`;
    return [lineFinding('rising-unproven', key, context.formula.span, message)];
  }
  const steps = cliffsOf(proofs, metric, proof.evidence);
  if (steps.length === 0) {
    const message = `More ${metric} can cost less: ${comparison(proofs, metric, proof.evidence)}.`;
    return [lineFinding('more-costs-less', key, context.formula.span, message, search.describe(proof.evidence.high))];
  }
  return steps.map(({ place, quantity, step }) => {
    const message = `Beyond ${quantity} the rate "${place.rate}" is a step down, so that more ${metric} costs less: ${comparison(proofs, metric, step)}. Raise the price of the next tier, or use graduated.`;
    return lineFinding('volume-cliff', key, place.span, message, search.describe(step.high));
  });
}

function comparison(proofs: LineProofs, metric: string, { low, high }: Step): string {
  const { context, search } = proofs;
  const [before, after] = [low, high].map((usage) => judgedAmount(context, search.outcome(usage)) ?? Exact.zero);
  const [less, more] = [low, high].map((usage) => (usage.metrics.get(metric) ?? Exact.zero).toString());
  const { [metric]: _, ...others } = search.describe(low);
  const fixed = Object.keys(others).length === 0 ? '' : ` (with ${inWords(others)})`;
  const what = isJudgedWithSubtotal(context) ? 'the sum up to this line' : 'the line';
  const [first, second] = amountsApart(context, before ?? Exact.zero, after ?? Exact.zero);
  return `at ${less} ${what} is ${first}, at ${more} it is ${second}${fixed}`;
}

/** Two amounts, rounded where that leaves them different. */
function amountsApart(context: LineProofs['context'], before: Exact, after: Exact): [string, string] {
  const { currency } = context;
  const [first, second] = [roundToMinorUnits(before, currency), roundToMinorUnits(after, currency)];
  if (first === second) return [`${before} ${currency}`, `${after} ${currency}`];
  return [`${formatMinorUnits(first, currency)} ${currency}`, `${formatMinorUnits(second, currency)} ${currency}`];
}

function conditionFindings(plan: PlanDocument, { context }: LineProofs): Diagnostic[] {
  const { key, formula } = context.line;
  return constantConditions(plan, context).map(({ condition, outcome }) => {
    const message = `The condition ${excerpt(formula, condition.span)} is always ${outcome}, so that only one of its two results is ever used. Correct it, or write that result alone.`;
    return lineFinding('constant-condition', key, condition.span, message);
  });
}

function ignoredFindings({ context }: LineProofs): Diagnostic[] {
  const { key, quantity } = context.line;
  const findings: Diagnostic[] = [];
  if (quantity !== undefined && !context.metrics.includes(quantity)) {
    const message = `The line shows ${quantity} as its quantity, but its formula does not use it. Show a metric of the formula, or none.`;
    findings.push(lineFinding('quantity-ignored', key, context.formula.span, message));
  }
  for (const metric of context.metrics) {
    if (!isIgnored(context, metric)) continue;
    const place = namesUsed(context.formula).find((use) => use.name === metric);
    const message = `The amount is the same whatever ${metric} is. Check the prices and bounds around it, or remove it.`;
    findings.push(lineFinding('metric-ignored', key, place?.span ?? context.formula.span, message));
  }
  return findings;
}
