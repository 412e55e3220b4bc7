import { allocate } from '../exact/allocation.ts';
import { type Currency, inMinorUnits, type MinorUnits, roundToMinorUnits } from '../exact/currency.ts';
import type { Exact } from '../exact/exact.ts';
import type { CompiledLine } from '../plans/compile.ts';
import type { LinePart } from '../plans/formula/compile-details.ts';
import { type EvaluationInputs, EvaluationStop } from '../plans/formula/evaluation.ts';
import { sumOfParts } from '../plans/rates/tier.ts';
import type { RatedDetail, RatedLine, RatingReason, RatingRefusal } from './rating.ts';

export type LineOutcome = { readonly kind: 'rated'; readonly line: RatedLine } | RatingRefusal;

type Evaluation =
  | { readonly kind: 'value'; readonly exact: Exact; readonly parts: readonly LinePart[] }
  | { readonly kind: 'stopped'; readonly stop: EvaluationStop };

function evaluate(line: CompiledLine, inputs: EvaluationInputs): Evaluation {
  try {
    if (line.details === null) return { kind: 'value', exact: line.evaluate(inputs), parts: [] };
    const parts = line.details(inputs);
    return { kind: 'value', exact: sumOfParts(parts), parts };
  } catch (error) {
    if (error instanceof EvaluationStop) return { kind: 'stopped', stop: error };
    throw error;
  }
}

function shareAmount(amount: MinorUnits, parts: readonly LinePart[], currency: Currency): RatedDetail[] {
  if (parts.length === 0) return [];
  const shares = allocate(
    amount,
    parts.map((part) => inMinorUnits(part.exact, currency)),
  );
  return parts.flatMap((part, index) => {
    const share = shares[index];
    return share === undefined ? [] : [{ ...part, amount: share }];
  });
}

/** Rates one line for the customer or for one project: evaluates, rounds once, and shares the amount over the parts. */
export function rateLine(
  line: CompiledLine,
  inputs: EvaluationInputs,
  currency: Currency,
  project: string | null,
): LineOutcome {
  const place = project === null ? `line ${line.key}` : `line ${line.key} of project ${project}`;
  const refuse = (reason: RatingReason, detail: string): RatingRefusal => {
    return { kind: 'refused', reason, line: line.key, project, detail: `${place}: ${detail}` };
  };

  const evaluation = evaluate(line, inputs);
  if (evaluation.kind === 'stopped') {
    return refuse(evaluation.stop.reason, `${evaluation.stop.message}; correct the formula or the usage`);
  }
  const { exact, parts } = evaluation;
  if (exact.sign() < 0 && !line.allowNegative) {
    return refuse(
      'negative_line',
      `the amount would be ${exact.toString().slice(0, 60)}; correct the formula, or set allowNegative for a discount`,
    );
  }
  const amount = roundToMinorUnits(exact, currency);
  return {
    kind: 'rated',
    line: {
      key: line.key,
      label: line.label,
      project,
      formula: { text: line.formulaText, digest: line.formulaDigest },
      quantity: line.quantitySlot === null ? null : (inputs.metrics[line.quantitySlot] ?? null),
      exact,
      amount,
      details: shareAmount(amount, parts, currency),
      inputs: new Map(line.inputs.map((input) => [input.name, input.evaluate(inputs)])),
    },
  };
}
