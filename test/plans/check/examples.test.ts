import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkPlan, checkPlanDocument } from '../../../shared/plans/check/check.ts';
import { parsePlanDocument } from '../../../shared/plans/plan-document.ts';
import { examplePlan } from '../example-plan.ts';

const folder = new URL('../../../shared/plans/examples/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

function example(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}

describe('the example plans', () => {
  it('are there, each under its plan name', () => {
    expect(names.length).toBeGreaterThanOrEqual(11);
    for (const name of names) expect(example(name)).toMatchObject({ plan: name.replace('.json', '') });
  });

  it.each(names)('%s has no finding', (name) => {
    expect(checkPlanDocument(example(name))).toEqual([]);
  });

  it('the plan of the documentation has only its metric without a line', () => {
    expect(checkPlanDocument(examplePlan())).toMatchObject([
      { code: 'unused-metric', severity: 'warning', line: null, message: expect.stringContaining('"peak_rps"') },
    ]);
  });

  it('what is no plan is reported instead of checked', () => {
    expect(checkPlanDocument({ plan: 'x' })[0]).toMatchObject({ code: 'document', severity: 'error' });
  });

  it.each(names)('%s gets the same findings when it is checked again', (name) => {
    const reading = parsePlanDocument(example(name));
    if (reading.kind === 'refused') throw new Error(reading.diagnostics[0]?.message);
    expect(checkPlan(reading.plan)).toEqual(checkPlan(reading.plan));
  });
});
