import type { Disturbance } from './disturbance.ts';
import { type Month, runMonth } from './month.ts';
import type { PlantedBug } from './planted-bugs.ts';
import type { Setting } from './setting.ts';
import { differencesOf, type MonthState } from './state.ts';

/** The month without any disturbance: what every other one must come to, and its effects by number. */
export interface Undisturbed {
  readonly state: MonthState;
  readonly month: Month;
}

/** What is wrong with a disturbed month; empty when nothing is. */
export async function faultsOf(
  setting: Setting,
  undisturbed: Undisturbed,
  seed: number,
  disturbance: Disturbance,
  bug?: PlantedBug,
): Promise<readonly string[]> {
  const { state, broken } = await runMonth({ setting, seed, disturbance, bug });
  return state === null ? broken : [...broken, ...differencesOf(undisturbed.state, state)];
}
