import type { Reader } from '../database/database.ts';
import {
  type UsageDefinitionKind,
  type UsageDefinitionStatus,
  usageDefinitionFind,
  usageDefinitionFindByName,
  usageDefinitionList,
} from '../database/queries.generated.ts';
import { type Refusal, refuse } from './refusal.ts';

/** A metric or a version of a source, with its review; without a definition when it is older than reviews are. */
export interface DefinitionSummary {
  readonly definition: string | null;
  readonly kind: UsageDefinitionKind;
  readonly name: string;
  readonly status: UsageDefinitionStatus;
  readonly author: string | null;
  readonly approver: string | null;
  readonly version: number | null;
  readonly activeFrom: string | null;
  readonly activeTo: string | null;
}

export async function listDefinitions(reader: Reader): Promise<readonly DefinitionSummary[]> {
  const rows = await reader.rows(usageDefinitionList, {});
  return rows.map(({ active_from, active_to, ...rest }) => ({ ...rest, activeFrom: active_from, activeTo: active_to }));
}

export interface DefinitionDetail extends DefinitionSummary {
  readonly definition: string;
  readonly submittedAt: Date;
  readonly approvedAt: Date | null;
  readonly why: string | null;
  /** As it was submitted, with the configuration in place. */
  readonly document: Readonly<Record<string, unknown>>;
}

export async function showDefinition(reader: Reader, definition: string): Promise<DefinitionDetail | undefined> {
  const row = await reader.first(usageDefinitionFind, { definition });
  if (row === undefined) return undefined;
  const document: Record<string, unknown> = JSON.parse(row.document);
  if (row.configuration !== null) document.configuration = JSON.parse(row.configuration);
  return {
    definition: row.definition,
    kind: row.kind,
    name: row.name,
    status: row.status,
    author: row.author,
    approver: row.approver,
    version: row.version,
    activeFrom: row.active_from,
    activeTo: row.active_to,
    submittedAt: row.submitted_at,
    approvedAt: row.approved_at,
    why: row.why,
    document,
  };
}

const SHORTEST_PREFIX = 6;

/** The one definition that a digest, its beginning, or a name means among those in the given states. */
export async function resolveDefinition(
  reader: Reader,
  id: string,
  statuses: readonly UsageDefinitionStatus[],
): Promise<{ readonly kind: 'found'; readonly definition: string } | Refusal<'ambiguous'>> {
  const hex = id.replace(/^sha256:/, '');
  const prefix = /^[0-9a-f]+$/.test(hex) && hex.length >= SHORTEST_PREFIX ? hex : 'none';
  const found = await reader.rows(usageDefinitionFindByName, { id, prefix, statuses: [...statuses] });
  const [only, ...others] = found;
  if (only === undefined) {
    return refuse(
      'not_found',
      `No definition ${id.slice(0, 80)} is ${statuses.join(' or ')}: see daybook sources list.`,
    );
  }
  if (others.length === 0) return { kind: 'found', definition: only.definition };
  const choices = found.map(({ definition, name, status }) => `${definition.slice(7, 19)} (${name}, ${status})`);
  return refuse(
    'ambiguous',
    `${id.slice(0, 80)} means several definitions: ${choices.join(', ')}. Give more of the digest.`,
  );
}
