import { z } from 'zod';
import { type Currency, currencyCodes, parseCurrency } from '../exact/currency.ts';
import { type Decimal, parseDecimal } from '../exact/decimal.ts';
import type { Diagnostic } from './diagnostic.ts';
import { MAX_FORMULA_BYTES } from './formula/parse.ts';
import { findHiddenKey } from './hidden-key.ts';
import { nameProblem } from './names.ts';
import { findCrossProblems } from './plan-references.ts';
import { parseUnit } from './unit.ts';

const MAX_METRICS = 100;
const MAX_PARAMETERS = 200;
const MAX_RATES = 100;
const MAX_TIERS = 100;
const MAX_LINES = 200;
const MAX_TEXT = 200;

export const decimalSchema = z
  .string('write the number as text, like "0.13"')
  .transform((text, context): Decimal => {
    const reading = parseDecimal(text);
    if (reading.kind === 'decimal') return reading.value;
    context.addIssue({ code: 'custom', message: reading.detail });
    return z.NEVER;
  })
  .meta({
    pattern: '^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]{1,4})?$',
    description: 'A decimal number as text, at most 38 digits.',
  });

const unitSchema = z
  .string('write the unit as text, like "usd/GB"')
  .superRefine((text, context) => {
    const reading = parseUnit(text);
    if (reading.kind === 'refused') context.addIssue({ code: 'custom', message: reading.detail });
  })
  .meta({ description: 'Base units joined by * and /, like GB, usd/GB or GB*h; 1 for none.' });

const currencySchema = z
  .string('write the currency as text, like "usd"')
  .transform((code, context): Currency => {
    const parsed = parseCurrency(code);
    if (parsed !== undefined) return parsed;
    context.addIssue({
      code: 'custom',
      message: `"${code.slice(0, 20)}" is not an ISO 4217 currency; write a lower-case code like usd`,
    });
    return z.NEVER;
  })
  .meta({ enum: [...currencyCodes()], description: 'ISO 4217 code in lower case; also a base unit of the plan.' });

export const nameSchema = z
  .string()
  .superRefine((name, context) => {
    const problem = nameProblem(name);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  })
  .meta({ pattern: '^[A-Za-z][A-Za-z0-9_]{0,63}$' });

const plainText = z
  .string('write a text')
  .min(1, 'it is empty; write a text')
  .max(MAX_TEXT, `it is longer than ${MAX_TEXT} characters`)
  .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u, 'it contains control characters; write one line of plain text')
  .regex(/\S/, 'it is blank; write a text');

function namedRecord<Value extends z.ZodType>(value: Value, most: number) {
  return z
    .record(nameSchema, value)
    .superRefine((record, context) => {
      const count = Object.keys(record).length;
      if (count > most) context.addIssue({ code: 'custom', message: `it has ${count} entries; the limit is ${most}` });
    })
    .prefault({});
}

const metricSchema = z
  .strictObject({
    unit: unitSchema,
    rollup: z.enum(['sum', 'max', 'mean', 'last'], 'write "sum", "max", "mean" or "last"').meta({
      description: 'How the totals of the days become the figure of the period.',
    }),
  })
  .meta({ description: 'A thing that is counted.' });

const parameterSchema = z
  .strictObject({ value: decimalSchema, unit: unitSchema })
  .meta({ description: 'A number with a unit that a contract may override.' });

const tierSchema = z.strictObject({
  upTo: decimalSchema
    .nullable()
    .meta({ description: 'The last quantity of the tier (inclusive); null for the last, open tier.' }),
  unitPrice: decimalSchema.meta({ description: 'Price of one unit in this tier, in the currency.' }),
  flat: decimalSchema.optional().meta({ description: 'Amount due once when the tier is reached, in the currency.' }),
});

export const rateSchema = z
  .strictObject({
    per: unitSchema,
    flatAtZero: z.boolean('write true or false').default(false).meta({
      description: "Whether the first tier's flat is due at quantity 0.",
    }),
    tiers: z
      .array(tierSchema)
      .min(1, 'it has no tier; give at least one')
      .max(MAX_TIERS, `it has more than ${MAX_TIERS} tiers`),
  })
  .meta({ description: 'A price list by quantity, for graduated() and volume().' });

const lineSchema = z
  .strictObject({
    key: z
      .string('write the key as text')
      .regex(
        /^[a-z][a-z0-9_]{0,63}$/,
        'a line key has lower-case letters, digits and _, begins with a letter, and has at most 64 characters',
      ),
    label: plainText.meta({ description: 'What the customer reads on the invoice.' }),
    formula: z
      .string('write the formula as text')
      .min(1, 'the formula is empty')
      .max(
        MAX_FORMULA_BYTES,
        `the formula is longer than ${MAX_FORMULA_BYTES} characters; use parameters or more lines`,
      ),
    quantity: z.string().optional().meta({ description: 'The metric that is shown as the quantity of the line.' }),
    per: z.literal('project', 'write "project" or leave it out').optional().meta({
      description: 'Rates the line for each project and lists it with the project.',
    }),
    allowNegative: z.boolean('write true or false').optional().meta({ description: 'Set for a discount or credit.' }),
  })
  .meta({ description: 'One line of the invoice.' });

/** The plan as its author writes it. Decimals come out in canonical form, so that `1.50` and `1.5` are one version. */
export const planDocumentSchema = z
  .strictObject({
    plan: z
      .string('write the plan name as text')
      .regex(
        /^[a-z0-9][a-z0-9-]{0,62}$/,
        'a plan name has lower-case letters, digits and -, and at most 63 characters',
      ),
    title: plainText,
    currency: currencySchema,
    metrics: namedRecord(metricSchema, MAX_METRICS),
    parameters: namedRecord(parameterSchema, MAX_PARAMETERS),
    rates: namedRecord(rateSchema, MAX_RATES),
    lines: z
      .array(lineSchema)
      .min(1, 'the plan has no line; give at least one')
      .max(MAX_LINES, `it has more than ${MAX_LINES} lines`),
  })
  .superRefine((plan, context) => {
    for (const problem of findCrossProblems(plan))
      context.addIssue({ code: 'custom', path: [...problem.path], message: problem.message });
  })
  .meta({ title: 'Daybook plan' });

export type PlanDocument = z.infer<typeof planDocumentSchema>;
export type PlanRate = PlanDocument['rates'][string];
export type PlanTier = PlanRate['tiers'][number];
export type PlanLine = PlanDocument['lines'][number];
export type Rollup = PlanDocument['metrics'][string]['rollup'];

export type PlanReading =
  | { readonly kind: 'parsed'; readonly plan: PlanDocument }
  | { readonly kind: 'refused'; readonly diagnostics: readonly Diagnostic[] };

function placeOf(path: readonly PropertyKey[]): string {
  const written = path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step).slice(0, MAX_TEXT)}`))
    .join('');
  return written === '' ? 'the plan' : written.replace(/^\./, '');
}

function lineKeyAt(document: unknown, path: readonly PropertyKey[]): string | null {
  const index = path[1];
  if (path[0] !== 'lines' || typeof index !== 'number') return null;
  const lines = z.object({ lines: z.array(z.unknown()) }).safeParse(document);
  const key = z.object({ key: z.string() }).safeParse(lines.data?.lines[index]);
  return key.data?.key ?? null;
}

function documentDiagnostic(document: unknown, path: readonly PropertyKey[], message: string): Diagnostic {
  return {
    code: 'document',
    severity: 'error',
    line: lineKeyAt(document, path),
    start: null,
    end: null,
    message: `${placeOf(path)}: ${message}`,
  };
}

/** Reads a plan from parsed JSON. A refusal lists every problem with its place; it never throws. */
export function parsePlanDocument(document: unknown): PlanReading {
  const hidden = findHiddenKey(document);
  if (hidden !== undefined) {
    return {
      kind: 'refused',
      diagnostics: [documentDiagnostic(document, hidden, '"__proto__" cannot be a name; choose another')],
    };
  }
  const parsed = planDocumentSchema.safeParse(document);
  if (parsed.success) return { kind: 'parsed', plan: parsed.data };
  const diagnostics = parsed.error.issues.map((issue) => documentDiagnostic(document, issue.path, issueMessage(issue)));
  return { kind: 'refused', diagnostics };
}

function issueMessage(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return `it has the unknown ${issue.keys.length === 1 ? 'entry' : 'entries'} ${issue.keys.map((key) => `"${key.slice(0, 60)}"`).join(', ')}; remove or rename`;
  }
  if (issue.code === 'invalid_key') return issue.issues.map((inner) => inner.message).join('; ');
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input'))
    return `it must be of type ${issue.expected}`;
  return issue.message;
}

/** The JSON Schema of a plan document as its author writes it, for editors. */
export function planJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(planDocumentSchema, { io: 'input', target: 'draft-2020-12' }) };
}
