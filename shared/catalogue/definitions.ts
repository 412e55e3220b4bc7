import type { Reader, Transaction } from '../database/database.ts';
import {
  metricFind,
  regionFind,
  type UsageDefinitionStatus,
  usageDefinitionAdvance,
  usageDefinitionApprove,
  usageDefinitionFind,
  usageDefinitionInsert,
  usageSourceFindLatest,
  usageSourceListOfMetric,
} from '../database/queries.generated.ts';
import { Exact } from '../exact/exact.ts';
import { findOverlap } from '../sources/overlap.ts';
import { type Definition, parseDefinition } from './definition-document.ts';
import type { CatalogueDeps } from './deps.ts';
import { asRefusal, type Refusal, refuse } from './refusal.ts';
import { requireRole } from './roles.ts';

type Problem = 'invalid' | 'unknown' | 'different' | 'overlapping' | 'role';

export type DefinitionSubmission =
  | { readonly kind: 'submitted'; readonly definition: string; readonly name: string }
  /** The same is in force already. */
  | { readonly kind: 'unchanged'; readonly name: string }
  | Refusal<Problem>;

/**
 * Puts a metric, or a version of a source, under review. The same again finds the one that is there. What contradicts
 * what is in force is refused here; the database holds it against that once more when it is approved.
 */
export async function submitDefinition(
  { database, effects }: CatalogueDeps,
  { document, author, why }: { readonly document: unknown; readonly author: string; readonly why: string },
): Promise<DefinitionSubmission> {
  const reading = parseDefinition(document);
  if (reading.kind === 'refused') return refuse('invalid', reading.detail);
  const { definition } = reading;
  const allowed = await requireRole(database, author, ['author'], 'submit a definition');
  if (allowed.kind === 'refused') return allowed;
  return asRefusal(() =>
    database.transaction({ actor: author, why }, async (transaction): Promise<DefinitionSubmission> => {
      const known = await findKnown(transaction, definition);
      if (known !== undefined) return known;
      const problem = await findProblem(transaction, definition);
      if (problem !== undefined) return problem;
      await transaction.rows(usageDefinitionInsert, {
        definition: definition.digest,
        kind: definition.kind,
        name: definition.name,
        document: definition.document,
        configuration: definition.configurationText,
        author,
        submitted_at: effects.now(),
      });
      const step = { definition: definition.digest, from_status: 'draft', to_status: 'in_review' } as const;
      await transaction.rows(usageDefinitionAdvance, step);
      return { kind: 'submitted', definition: definition.digest, name: definition.name };
    }),
  );
}

async function findKnown(reader: Reader, { digest, name }: Definition): Promise<DefinitionSubmission | undefined> {
  const known = await reader.first(usageDefinitionFind, { definition: digest });
  if (known === undefined) return undefined;
  const { status } = known;
  switch (status) {
    case 'draft':
    case 'in_review':
      return { kind: 'submitted', definition: digest, name };
    case 'approved':
      return { kind: 'unchanged', name };
    case 'retired':
    case 'rejected':
      return refuse('state', `This definition of ${name} was ${status}; change it and submit it anew.`);
    default:
      return status satisfies never;
  }
}

/** What stands against a definition now; `unchanged` when the same is in force without a definition of its own. */
export async function findProblem(reader: Reader, definition: Definition): Promise<DefinitionSubmission | undefined> {
  if (definition.kind === 'metric') return findMetricProblem(reader, definition);
  const { source, metric, region, name, activeFrom } = definition;
  if (!(await reader.first(metricFind, { metric })))
    return refuse('unknown', `source ${name}: metric ${metric} does not exist; add it first`);
  if (!(await reader.first(regionFind, { region })))
    return refuse('unknown', `source ${name}: the region does not exist; add it first`);
  const latest = await reader.first(usageSourceFindLatest, { source_id: source, region });
  const configurationDigest: unknown = JSON.parse(definition.document).configurationDigest;
  if (latest?.metric === metric && latest.configuration_digest === configurationDigest && latest.active_to === null)
    return { kind: 'unchanged', name };
  if (latest !== undefined && activeFrom <= latest.active_from) {
    const detail = `source ${name} has another configuration since ${latest.active_from}; let the new one begin on a later day`;
    return refuse('different', detail);
  }
  for (const other of await reader.rows(usageSourceListOfMetric, { metric, day: activeFrom })) {
    const overlap = findOverlap(definition, other);
    if (overlap !== undefined) return refuse('overlapping', `source ${name}: ${overlap}`);
  }
  return undefined;
}

async function findMetricProblem(
  reader: Reader,
  definition: Definition & { kind: 'metric' },
): Promise<DefinitionSubmission | undefined> {
  const existing = await reader.first(metricFind, { metric: definition.metric });
  if (existing === undefined) return undefined;
  // The database keeps the zeros that a numeric was written with.
  const there = { ...existing, divisor: Exact.parse(existing.divisor).toString() };
  const differences = (['title', 'unit', 'rollup', 'divisor'] as const)
    .filter((field) => definition[field] !== there[field])
    .map((field) => `${field} is ${there[field]} and not ${definition[field]}`);
  if (differences.length === 0) return { kind: 'unchanged', name: definition.name };
  const detail = `metric ${definition.metric} exists already with other content: ${differences.join(', ')}`;
  return refuse('different', detail);
}

export interface DefinitionStep {
  readonly definition: string;
  readonly actor: string;
  readonly why: string;
}

export type DefinitionOutcome =
  | { readonly kind: 'done'; readonly definition: string; readonly status: UsageDefinitionStatus }
  | Refusal<'role' | 'overlapping'>;

/** Approves a definition, which puts it in force. The author never approves (promise 23). */
export async function approveDefinition(
  { database, effects }: CatalogueDeps,
  { definition, actor, why }: DefinitionStep,
): Promise<DefinitionOutcome> {
  const allowed = await requireRole(database, actor, ['approver', 'finance'], 'approve a definition');
  if (allowed.kind === 'refused') return allowed;
  return asRefusal(() =>
    database.transaction({ actor, why }, async (transaction): Promise<DefinitionOutcome> => {
      const step = { definition, approver: actor, approved_at: effects.now(), why };
      const moved = await transaction.first(usageDefinitionApprove, step);
      return moved ? { kind: 'done', definition, status: 'approved' } : notIn(transaction, definition, 'in_review');
    }),
  );
}

/** Ends the review of a definition, for good. */
export async function rejectDefinition(
  { database }: CatalogueDeps,
  { definition, actor, why }: DefinitionStep,
): Promise<DefinitionOutcome> {
  return asRefusal(() =>
    database.transaction({ actor, why }, async (transaction): Promise<DefinitionOutcome> => {
      const step = { definition, from_status: 'in_review', to_status: 'rejected' } as const;
      const moved = await transaction.first(usageDefinitionAdvance, step);
      return moved ? { kind: 'done', definition, status: 'rejected' } : notIn(transaction, definition, 'in_review');
    }),
  );
}

async function notIn(transaction: Transaction, definition: string, expected: string): Promise<DefinitionOutcome> {
  const found = await transaction.first(usageDefinitionFind, { definition });
  if (found === undefined) return refuse('not_found', `There is no definition ${definition}.`);
  const detail = `The definition of ${found.name} is ${found.status}, and only one that is ${expected} can take this step.`;
  return refuse('state', detail);
}

/** Who put something in force, and why. Author and approver are different people. */
export interface Review {
  readonly author: string;
  readonly approver: string;
  readonly why: string;
}

export type ReviewedAddition = { readonly kind: 'added' } | { readonly kind: 'unchanged' } | Refusal<Problem>;

/** Submits a definition as its author and approves it as another person: for setting up. Safe to repeat. */
export async function addDefinition(deps: CatalogueDeps, document: unknown, review: Review): Promise<ReviewedAddition> {
  const submitted = await submitDefinition(deps, { document, author: review.author, why: review.why });
  if (submitted.kind === 'refused') return submitted;
  if (submitted.kind === 'unchanged') return { kind: 'unchanged' };
  const { definition } = submitted;
  const approved = await approveDefinition(deps, { definition, actor: review.approver, why: review.why });
  return approved.kind === 'refused' ? approved : { kind: 'added' };
}
