import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { UNDISTURBED } from './disturbance.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';
import { faultsOf, runUndisturbed, type Undisturbed } from './run-months.ts';
import { openSetting, type Setting } from './setting.ts';
import type { Story } from './steps.ts';

const SEED = 1;

let setting: Setting;
const undisturbed = new Map<Story, Undisturbed>();
beforeAll(async () => {
  setting = await openSetting(inject('postgresUrl'));
  for (const { story = 'close' } of PLANTED_BUGS)
    if (!undisturbed.has(story)) undisturbed.set(story, await runUndisturbed(setting, story, SEED));
});
afterAll(() => setting.close());

describe('the checks can fail: they find it when', () => {
  test.each(PLANTED_BUGS)('$name', async (bug) => {
    const plain = undisturbed.get(bug.story ?? 'close');
    if (plain === undefined) throw new RangeError(`the story of the bug was not run: ${bug.name}`);
    const disturbance = bug.month(plain.month.trace);
    const faults = await faultsOf(setting, plain, SEED, disturbance, bug);
    expect(
      faults.filter((fault) => bug.caughtAs.test(fault)),
      faults.join('\n'),
    ).not.toEqual([]);
    // The month alone does no harm: it is the bug that is found.
    if (disturbance !== UNDISTURBED) expect(await faultsOf(setting, plain, SEED, disturbance)).toEqual([]);
  });
});
