import { openSchedules } from '../schedules/client.ts';
import type { Session } from './session.ts';
import { plain } from './terminal/table.ts';

/** Which of the scheduler's jobs do not fire. */
export type SchedulesHealth =
  | { readonly kind: 'known'; readonly jobs: number; readonly resting: readonly string[] }
  /** Nobody says where the jobs are. */
  | { readonly kind: 'not_configured' }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** Asks the scheduler. It not answering is a fact of the status, and no reason to show nothing else. */
export async function readSchedules({ configuration, effects }: Session): Promise<SchedulesHealth> {
  const { projectId, schedulerLocations: locations, schedulerEndpoint: endpoint } = configuration;
  if (locations.length === 0) return { kind: 'not_configured' };
  const schedules = await openSchedules({ projectId, locations, endpoint }, effects);
  try {
    const jobs = await schedules.list();
    return {
      kind: 'known',
      jobs: jobs.length,
      resting: jobs.filter(({ state }) => state !== 'enabled').map(({ name }) => name),
    };
  } catch (error) {
    return { kind: 'unreachable', reason: plain(error instanceof Error ? error.message : String(error)).slice(0, 200) };
  } finally {
    await schedules.close();
  }
}

/** What somebody should do about it; null when nothing. */
export function scheduleProblem(health: SchedulesHealth): string | null {
  switch (health.kind) {
    case 'known':
      return health.resting.length === 0
        ? null
        : `jobs that do not fire: ${health.resting.join(', ')}: daybook schedule resume ${health.resting[0]} --why …`;
    case 'not_configured':
      return null;
    case 'unreachable':
      return `the scheduler does not say how its jobs are: ${health.reason}`;
    default:
      return health satisfies never;
  }
}
