import { z } from 'zod';
import { parseUtcDay } from '../calendar/utc-day.ts';
import { canonicalJson, type Digest, digest } from '../canonical/canonical-json.ts';
import { exactOf, parseDecimal } from '../exact/decimal.ts';
import { nameProblem } from '../plans/names.ts';
import { parseUnit } from '../plans/unit.ts';
import { usageSourceSchema } from '../sources/configuration.ts';

const title = z.string().min(1).max(200);

const metricName = z.string().superRefine((text, context) => {
  const problem =
    nameProblem(text) ??
    (/^[a-z][a-z0-9_]{0,62}$/.test(text)
      ? undefined
      : `"${text.slice(0, 60)}" cannot name a metric; write lower-case letters, digits and _, at most 63`);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

const unit = z.string().superRefine((text, context) => {
  const reading = parseUnit(text);
  if (reading.kind === 'refused') context.addIssue({ code: 'custom', message: reading.detail });
});

/** A decimal above 0, in its one form. */
const divisor = z.string().transform((text, context) => {
  const reading = parseDecimal(text);
  if (reading.kind === 'refused') context.addIssue({ code: 'custom', message: reading.detail });
  else if (exactOf(reading.value).sign() <= 0)
    context.addIssue({ code: 'custom', message: 'the divisor must be above 0' });
  else return reading.value;
  return z.NEVER;
});

const metricSchema = z.strictObject({
  kind: z.literal('metric'),
  metric: metricName,
  title,
  /** The billed unit, as plans write it: `request`, `GB*h`. */
  unit,
  rollup: z.enum(['sum', 'max', 'mean', 'last']),
  /** Source units in one billed unit. */
  divisor,
});

const sourceSchema = z.strictObject({
  kind: z.literal('source'),
  /** Names the source in every region: `data-gb`. */
  source: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'cannot name a source; write it like data-gb'),
  metric: metricName,
  region: z.string().regex(/^[a-z][a-z0-9-]{1,40}$/, 'cannot name a region; write it like europe-west1'),
  /** The first UTC day that it gives usage for. */
  activeFrom: z.string().refine((text) => parseUtcDay(text) !== undefined, 'is not a day; write it like 2026-11-01'),
  /** As the adapters' schemas describe it. */
  configuration: usageSourceSchema,
});

/** What is counted, or where it comes from in one region: a JSON document that a person writes and another approves. */
export const definitionSchema = z.discriminatedUnion('kind', [metricSchema, sourceSchema]);
type DefinitionDocument = z.output<typeof definitionSchema>;

export type Definition = DefinitionDocument & {
  /** As people name it: `requests`, `data-gb/europe-west1`. */
  readonly name: string;
  /** Of the canonical document. */
  readonly digest: Digest;
  /** Canonical JSON; of a source's configuration it holds the digest. */
  readonly document: string;
  /** Canonical JSON of a source's configuration; null for a metric. */
  readonly configurationText: string | null;
};

export type DefinitionReading =
  | { readonly kind: 'read'; readonly definition: Definition }
  | { readonly kind: 'refused'; readonly detail: string };

/** Reads a definition from parsed JSON. Every fault is named with its place. */
export function parseDefinition(json: unknown): DefinitionReading {
  const parsed = definitionSchema.safeParse(json);
  if (!parsed.success) return { kind: 'refused', detail: z.prettifyError(parsed.error) };
  const { data } = parsed;
  if (data.kind === 'metric') {
    const document = canonicalJson(data);
    const rest = { name: data.metric, digest: digest(document), document, configurationText: null };
    return { kind: 'read', definition: { ...data, ...rest } };
  }
  const { configuration, ...head } = data;
  const configurationText = canonicalJson(configuration);
  const document = canonicalJson({ ...head, configurationDigest: digest(configurationText) });
  const name = `${data.source}/${data.region}`;
  return { kind: 'read', definition: { ...data, name, digest: digest(document), document, configurationText } };
}
