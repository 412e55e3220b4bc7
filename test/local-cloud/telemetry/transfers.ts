import { pick, seedOf } from './chance.ts';
import type { Span } from './life.ts';
import type { Region, ScenarioProject } from './scenario.ts';

const MINUTE_MS = 60_000;
const WINDOW_MS = 6 * 60 * MINUTE_MS;

/** One row of the table that BigQuery holds: what a project transferred in six hours. */
export interface TransferRow {
  /** `YYYY-MM-DD`: the UTC day of the window. */
  readonly day: string;
  readonly region: string;
  readonly project: string;
  /** RFC 3339, UTC. */
  readonly windowStart: string;
  /** Whole bytes; at most 2^53. */
  readonly bytes: number;
  /** When the row reached the table, RFC 3339, UTC: 5 to 25 minutes after the window's end. */
  readonly ingestedAt: string;
}

/** The rows of one project in one region, for the six-hour windows that begin while it lives, inside `span`. */
export function transfersOf(project: ScenarioProject, region: Region, life: Span, span: Span): TransferRow[] {
  const seed = seedOf(`transfers ${region} ${project.id}`);
  const rows: TransferRow[] = [];
  for (let start = span.from; start < span.to; start += WINDOW_MS) {
    if (start < life.from || start >= life.to) continue;
    const index = start / WINDOW_MS;
    const windowStart = new Date(start).toISOString();
    const ingestedAt = new Date(start + WINDOW_MS + MINUTE_MS * (5 + pick(seed, -index, 20))).toISOString();
    const bytes = project.weight * (200_000_000 + pick(seed, index, 3_000_000_000)) + pick(seed, index + 1, 1_000);
    rows.push({ day: windowStart.slice(0, 10), region, project: project.id, windowStart, bytes, ingestedAt });
  }
  return rows;
}
