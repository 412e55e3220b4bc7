import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { UNDISTURBED } from './disturbance.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';
import { faultsOf, runUndisturbed, type Undisturbed } from './run-months.ts';
import { openSetting, type Setting } from './setting.ts';

const SEED = 1;

let setting: Setting;
let undisturbed: Undisturbed;
beforeAll(async () => {
  setting = await openSetting(inject('postgresUrl'));
  undisturbed = await runUndisturbed(setting, 'close', SEED);
});
afterAll(() => setting.close());

describe('the checks can fail: they find it when', () => {
  test.each(PLANTED_BUGS)('$name', async (bug) => {
    const disturbance = bug.month(undisturbed.month.trace);
    const faults = await faultsOf(setting, undisturbed, SEED, disturbance, bug);
    expect(
      faults.filter((fault) => bug.caughtAs.test(fault)),
      faults.join('\n'),
    ).not.toEqual([]);
    // The month alone does no harm: it is the bug that is found.
    if (disturbance !== UNDISTURBED) expect(await faultsOf(setting, undisturbed, SEED, disturbance)).toEqual([]);
  });
});
