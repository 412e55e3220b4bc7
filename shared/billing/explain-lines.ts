import { z } from 'zod';
import { currency, roundToMinorUnits } from '../exact/currency.ts';
import { Exact } from '../exact/exact.ts';
import { applyOverrides, overridesSchema, type PlanOverrides } from '../plans/contract.ts';
import { isBuiltinName } from '../plans/names.ts';
import { type PlanDocument, parsePlanDocument } from '../plans/plan-document.ts';
import { namesUsed, readFormulas } from '../plans/read-formulas.ts';
import { compared, explainMetric } from './explain-metric.ts';
import type { LineExplanation, PartExplanation, RateExplanation, ValueExplanation } from './explanation.ts';
import { chargeLines } from './invoice-document.ts';
import type { CustomerRating } from './rate-customer.ts';
import type { KeptCharge, RestingInvoice } from './rest-of-invoice.ts';

export const inputsSchema = z.record(z.string(), z.string());
const detailsSchema = z.array(
  z.object({
    key: z.string(),
    label: z.string(),
    quantity: z.string().nullable(),
    unitPrice: z.string().nullable(),
    flat: z.string().nullable(),
    exact: z.string(),
    amount: z.string(),
  }),
);

/** A plan as its author wrote it, as the contract changed it, and what the contract changed. */
interface TermsOfLine {
  readonly written: PlanDocument;
  readonly applied: PlanDocument;
  readonly overrides: PlanOverrides;
}

/** Exact amounts by line, of the customer rated again from the same inputs. */
export function exactAmounts(anew: CustomerRating): ReadonlyMap<string, Exact> {
  return new Map(anew.kind === 'rated' ? chargeLines(anew.billed).map(({ key, line }) => [key, line.exact]) : []);
}

/** Explains the lines of an invoice in their order, beside their exact amounts computed anew. */
export function explainLines(rest: RestingInvoice, exactAnew: ReadonlyMap<string, Exact>): LineExplanation[] {
  return rest.charges.map((charge) => explainLine(rest, charge, exactAnew.get(charge.line_key)));
}

function explainLine(rest: RestingInvoice, charge: KeptCharge, exactAnew: Exact | undefined): LineExplanation {
  const terms = termsOf(rest, charge);
  const inputs = inputsSchema.parse(JSON.parse(charge.inputs));
  const rounded = roundToMinorUnits(Exact.parse(charge.exact), currency(charge.currency));
  return {
    key: charge.line_key,
    label: charge.label,
    project: charge.project_id,
    amountMinor: charge.amount.toString(),
    quantity: charge.quantity,
    formula: { text: charge.formula, digest: charge.formula_digest },
    plan: {
      plan: terms.written.plan,
      title: terms.written.title,
      version: charge.plan_version,
      parametersDigest: charge.parameters_digest,
    },
    contract: { contract: charge.contract_id, mode: rest.contracts.get(charge.contract_id)?.mode ?? 'usage' },
    segment: { from: charge.segment_from, to: charge.segment_to, usageDigest: charge.usage_digest },
    exact: compared(charge.exact, exactAnew?.toString() ?? null),
    rounding: compared(charge.amount.toString(), rounded.toString()),
    values: Object.entries(inputs).map(([name, value]) => explainValue(rest, charge, terms, name, value)),
    rates: ratesOf(terms, charge),
    parts: partsOf(charge),
  };
}

/** The plan version of the charge. What is kept was checked before it could bill, so that it reads. */
export function termsOf(rest: RestingInvoice, charge: KeptCharge): TermsOfLine {
  const reading = parsePlanDocument(JSON.parse(rest.inputs.planDocuments.get(charge.plan_version) ?? 'null'));
  if (reading.kind === 'refused')
    throw new Error(`plan version ${charge.plan_version} cannot be read: ${reading.diagnostics[0]?.message ?? ''}`);
  const written = reading.plan;
  const contract = rest.contracts.get(charge.contract_id);
  // A legacy tier is what it is: overrides change the usage plan only.
  if (contract?.mode !== 'usage') return { written, applied: written, overrides: {} };
  const overrides = overridesSchema.parse(JSON.parse(contract.overrides));
  const outcome = applyOverrides(written, overrides);
  if (outcome.kind === 'refused')
    throw new Error(
      `the overrides of contract ${charge.contract_id} do not fit: ${outcome.diagnostics[0]?.message ?? ''}`,
    );
  return { written, applied: outcome.plan, overrides };
}

function explainValue(
  rest: RestingInvoice,
  charge: KeptCharge,
  terms: TermsOfLine,
  name: string,
  value: string,
): ValueExplanation {
  const parameter = terms.applied.parameters[name];
  if (isBuiltinName(name)) return { kind: 'builtin', name, value, statement: builtinStatement(name, charge) };
  if (parameter === undefined) return explainMetric(rest, charge, name, value);
  return {
    kind: 'parameter',
    name,
    value,
    unit: parameter.unit,
    source: Object.hasOwn(terms.overrides.parameters ?? {}, name) ? 'contract' : 'plan',
    planValue: terms.written.parameters[name]?.value ?? value,
  };
}

function builtinStatement(name: 'period_days' | 'active_days' | 'subtotal', charge: KeptCharge): string {
  switch (name) {
    case 'period_days':
      return 'days of the billing period';
    case 'active_days':
      return `days of the contract in it, from ${charge.segment_from} until ${charge.segment_to}`;
    case 'subtotal':
      return 'sum of the rounded lines above, under the same contract';
    default:
      return name satisfies never;
  }
}

function ratesOf(terms: TermsOfLine, charge: KeptCharge): RateExplanation[] {
  const formulas = readFormulas(terms.applied);
  const formula = formulas.kind === 'read' ? formulas.formulas.get(charge.line_key.split(':')[0] ?? '') : undefined;
  const names = formula === undefined ? [] : namesUsed(formula).filter(({ kind }) => kind === 'rate');
  return [...new Set(names.map(({ name }) => name))].flatMap((name) => {
    const rate = terms.applied.rates[name];
    const source = Object.hasOwn(terms.overrides.rates ?? {}, name) ? 'contract' : 'plan';
    return rate === undefined ? [] : [{ name, rate, source }];
  });
}

function partsOf(charge: KeptCharge): PartExplanation[] {
  return detailsSchema
    .parse(JSON.parse(charge.details))
    .map(({ amount, ...part }) => ({ ...part, amountMinor: amount }));
}
