import { createHash } from 'node:crypto';
import { canonicalJson, type Digest } from '../canonical/canonical-json.ts';
import type { Database, Reader } from '../database/database.ts';
import { usageStagedInsert, usageStagedWriteAfter } from '../database/queries.generated.ts';
import type { Incomplete, KeepRows, UsageRow } from '../sources/reading.ts';
import type { Cell } from './cell.ts';

/** What an attempt has handed to the database so far. */
export interface Staging {
  readonly keep: KeepRows;
  /** Rows that were kept; as many must be staged when the attempt ends. */
  rowCount(): number;
}

/** Bounds memory and the length of a statement. */
const BATCH = 1_000;

/** Stages rows for a running attempt, a batch a statement. Once a newer attempt has taken over, it stages nothing. */
export function stageRows(database: Database, attemptId: bigint): Staging {
  let rowCount = 0;
  return {
    rowCount: () => rowCount,
    keep: async (rows) => {
      for (const batch of batchesOf(rows)) {
        const fault = await stageBatch(database, attemptId, batch);
        if (fault !== undefined) return fault;
        rowCount += batch.length;
      }
      return undefined;
    },
  };
}

const LONGEST_PROJECT = 500;

/** What PostgreSQL's text and its indexes can hold, unaltered. */
function isKeepable(project: string): boolean {
  return project !== '' && project.length <= LONGEST_PROJECT && project.isWellFormed() && !project.includes('\0');
}

async function stageBatch(
  database: Database,
  attemptId: bigint,
  batch: readonly UsageRow[],
): Promise<Incomplete | undefined> {
  const unkeepable = batch.find(({ project }) => !isKeepable(project));
  if (unkeepable !== undefined) {
    const shown = JSON.stringify(unkeepable.project.slice(0, 60));
    const detail = `${shown} cannot name a project: at most ${LONGEST_PROJECT} characters of Unicode, none of them NUL; correct the source`;
    return { kind: 'incomplete', reason: 'malformed_response', detail };
  }
  const staged = await database.first(usageStagedInsert, {
    checkpoint_id: attemptId,
    project_ids: batch.map(({ project }) => project),
    quantities: batch.map(({ quantity }) => quantity),
  });
  if (!staged?.running)
    return { kind: 'incomplete', reason: 'overtaken', detail: 'a newer attempt at this day has taken over' };
  if (staged.repeated === null) return undefined;
  const detail = `project ${staged.repeated} comes twice in the source's answer; correct the source so that each has one figure`;
  return { kind: 'incomplete', reason: 'duplicate_row', detail };
}

/**
 * The digest of what was counted and for whom. The rows are taken in the byte order of the projects' names, so that the
 * order in which the source answered does not matter (promise 13). It is the SHA-256 of the canonical JSON of the cell,
 * the metric, the configuration's digest and the rows as [project, customer, quantity], written page by page.
 */
export async function stagedDigest(
  reader: Reader,
  attempt: {
    readonly id: bigint;
    readonly cell: Cell;
    readonly source: { readonly metric: string; readonly configurationDigest: string };
  },
): Promise<Digest> {
  const { id, cell, source } = attempt;
  const whole = canonicalJson({ ...cell, metric: source.metric, configuration: source.configurationDigest, rows: [] });
  const rowsAt = whole.indexOf('"rows":[') + '"rows":['.length;
  const hash = createHash('sha256').update(whole.slice(0, rowsAt), 'utf8');
  let after = '';
  for (;;) {
    // The server writes the JSON: a thousand small objects a page would leave the heap to grow with the rows.
    const page = await reader.first(usageStagedWriteAfter, { checkpoint_id: id, after, row_limit: BATCH });
    if (!page?.text || page.last === null) break;
    hash.update(after === '' ? page.text : `,${page.text}`, 'utf8');
    after = page.last;
  }
  return `sha256:${hash.update(whole.slice(rowsAt), 'utf8').digest('hex')}` as Digest;
}

function* batchesOf(rows: readonly UsageRow[]): Generator<readonly UsageRow[]> {
  for (let from = 0; from < rows.length; from += BATCH) yield rows.slice(from, from + BATCH);
}
