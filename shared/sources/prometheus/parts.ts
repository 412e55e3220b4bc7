import type { Incomplete } from '../reading.ts';
import type { Read, SeriesValue } from './series.ts';
import type { ReadingSession } from './session.ts';

/** How much one part of the projects may hold. It bounds answers, queries and memory. */
export interface PartLimits {
  /** Series of a part, unless one project alone has more. */
  readonly series: number;
  /** Characters of the pattern that names a part's projects. */
  readonly patternCharacters: number;
}

export const DEFAULT_PART_LIMITS: PartLimits = { series: 2_000, patternCharacters: 16_000 };

/** Projects that are read together: whole projects, so that each is aggregated in one part. */
export interface Part {
  /** In order; empty when this part is all there is. */
  readonly projects: readonly string[];
  /** Series that the server counted for them; as many must come. */
  readonly seriesCount: number;
}

/**
 * Counts the series with a sample in the range that ends at the instant, by project, and divides the projects into
 * parts. The counts by project must add up to the count of all: no project is lost between the parts.
 */
export async function divide(
  session: ReadingSession,
  rangeSeconds: number,
  atMs: number,
  limits: PartLimits,
): Promise<Read<readonly Part[]>> {
  const all = await session.countSeries(rangeSeconds, atMs);
  if (all.kind === 'incomplete') return all;
  const byProject = await session.countSeriesByProject(rangeSeconds, atMs);
  if (byProject.kind === 'incomplete') return byProject;
  const counted = [...byProject.value.values()].reduce((sum, { value }) => sum + Number(value), 0);
  if (counted !== all.value)
    return lost(`there are ${all.value} series, but ${counted} when they are counted by project`);
  return { kind: 'read', value: partsOf([...byProject.value.values()], limits) };
}

function partsOf(counts: readonly SeriesValue[], limits: PartLimits): readonly Part[] {
  const parts: { projects: string[]; seriesCount: number }[] = [];
  let characters = 0;
  for (const { project, value } of [...counts].sort((a, b) => (a.project < b.project ? -1 : 1))) {
    const last = parts.at(-1);
    characters += project.length + 1;
    if (
      last === undefined ||
      last.seriesCount + Number(value) > limits.series ||
      characters > limits.patternCharacters
    ) {
      parts.push({ projects: [project], seriesCount: Number(value) });
      characters = project.length + 1;
    } else {
      last.projects.push(project);
      last.seriesCount += Number(value);
    }
  }
  const [only, ...others] = parts;
  return only !== undefined && others.length === 0 ? [{ ...only, projects: [] }] : parts;
}

/** Undefined when as many series came as were counted. */
export function findLostSeries(part: Part, cameCount: number): Incomplete | undefined {
  if (cameCount === part.seriesCount) return undefined;
  const [first, last] = [part.projects[0], part.projects.at(-1)];
  const of = first === undefined ? 'all projects' : `the projects ${first} to ${last}`;
  return lost(`${part.seriesCount} series of ${of} were counted, but ${cameCount} came`);
}

function lost(seen: string): Incomplete {
  return { kind: 'incomplete', reason: 'row_count_mismatch', detail: `${seen}; run the day again` };
}
