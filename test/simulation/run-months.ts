import { type Disturbance, UNDISTURBED } from './disturbance.ts';
import { type Month, runMonth } from './month.ts';
import type { PlantedBug } from './planted-bugs.ts';
import type { Setting } from './setting.ts';
import { differencesOf, type MonthState } from './state.ts';
import type { Story } from './steps.ts';

/** The month without any disturbance: what every other one must come to, and its effects by number. */
export interface Undisturbed {
  readonly story: Story;
  readonly state: MonthState;
  readonly month: Month;
}

/** Throws when the month does not end by itself. */
export async function runUndisturbed(setting: Setting, story: Story, seed: number): Promise<Undisturbed> {
  const month = await runMonth({ setting, seed, disturbance: UNDISTURBED, story });
  if (month.state === null) throw new Error(`The undisturbed month does not end: ${month.broken.join('; ')}`);
  return { story, state: month.state, month };
}

/** What is wrong with a disturbed month; empty when nothing is. */
export async function faultsOf(
  setting: Setting,
  undisturbed: Undisturbed,
  seed: number,
  disturbance: Disturbance,
  bug?: PlantedBug,
): Promise<readonly string[]> {
  const { state, broken } = await runMonth({ setting, seed, disturbance, bug, story: undisturbed.story });
  return state === null ? broken : [...broken, ...differencesOf(undisturbed.state, state)];
}
