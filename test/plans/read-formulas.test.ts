import { describe, expect, it } from 'vitest';
import { compilePlan } from '../../shared/plans/compile.ts';
import { type PlanDocument, parsePlanDocument } from '../../shared/plans/plan-document.ts';
import { readFormulas } from '../../shared/plans/read-formulas.ts';
import { examplePlan } from './example-plan.ts';

function parsed(change: object): PlanDocument {
  const reading = parsePlanDocument({ ...examplePlan(), ...change });
  if (reading.kind === 'refused') throw new Error(JSON.stringify(reading.diagnostics));
  return reading.plan;
}

function withFormula(formula: string): PlanDocument {
  return parsed({ lines: [{ key: 'a', label: 'A', formula }] });
}

describe('readFormulas', () => {
  it('reads every formula of the example', () => {
    const reading = readFormulas(parsed({}));
    expect(reading.kind === 'read' && [...reading.formulas.keys()]).toEqual([
      'platform',
      'requests',
      'data',
      'true_up',
    ]);
  });

  it.each([
    ['requsts * 2', 'unknown-name', 'requsts', '"requsts" is not a metric or parameter'],
    ['request_rate * 2', 'unknown-name', 'request_rate', 'use it as graduated(quantity, request_rate)'],
    ['graduated(requests, data_gb)', 'unknown-rate', 'data_gb', '"data_gb" is not a rate'],
    ['2 * graduated(requests, other)', 'unknown-rate', 'other', '"other" is not a rate'],
    ['requests > 0 ? typo : 1', 'unknown-name', 'typo', '"typo" is not a metric'],
    ['requests +', 'syntax', '+', 'a value is missing'],
  ])('refuses %s with the line and the place', (formula, code, place, message) => {
    const reading = readFormulas(withFormula(formula));
    expect(reading).toMatchObject({
      kind: 'refused',
      diagnostics: [{ code, severity: 'error', line: 'a', message: expect.stringContaining(message) }],
    });
    const [found] = reading.kind === 'refused' ? reading.diagnostics : [];
    expect(formula.slice(found?.start ?? 0, found?.end ?? 0)).toBe(place);
  });

  it('lists every problem of every line', () => {
    const lines = ['x + y', '(', 'requests'].map((formula, index) => ({ key: `line_${index}`, label: 'L', formula }));
    const reading = readFormulas(parsed({ lines }));
    expect(reading.kind === 'refused' && reading.diagnostics.map(({ line, code }) => `${line} ${code}`)).toEqual([
      'line_0 unknown-name',
      'line_0 unknown-name',
      'line_1 syntax',
    ]);
  });

  it.each<[string, (string | null)[], string]>([
    [
      'a closed last tier',
      ['10', '20'],
      'the last tier ends at 20; set its upTo to null so that every quantity has a price',
    ],
    ['an open tier in between', ['10', null, null], 'tier 2 is open (upTo null) but is not the last; give it a bound'],
    [
      'tiers in the wrong order',
      ['20', '10', null],
      'tier 2 ends at 10, which is not above 20; put the tiers in ascending order',
    ],
    [
      'two tiers with one bound',
      ['10', '10.0', null],
      'tier 2 ends at 10, which is not above 10; put the tiers in ascending order',
    ],
    [
      'a tier that ends at zero',
      ['0', null],
      'tier 1 ends at 0, which is not above 0; put the tiers in ascending order',
    ],
    ['a tier below zero', ['-1', null], 'tier 1 ends at -1, which is not above 0; put the tiers in ascending order'],
  ])('refuses %s', (_name, bounds, message) => {
    const tiers = bounds.map((upTo) => ({ upTo, unitPrice: '1' }));
    const reading = readFormulas(parsed({ rates: { request_rate: { per: 'request', tiers } } }));
    expect(reading).toMatchObject({
      kind: 'refused',
      diagnostics: [{ code: 'tiers-unusable', line: null, message: `rates.request_rate: ${message}` }],
    });
  });
});

describe('compilePlan', () => {
  it('throws the first problem of a plan that was not checked', () => {
    expect(() => compilePlan(withFormula('typo'))).toThrow(
      'plan enterprise-usage: "typo" is not a metric or parameter of this plan; define it or correct the name',
    );
  });

  it('lists the inputs of a line once each, in the order of the text', () => {
    const [line] = compilePlan(
      withFormula('data_gb * price_per_gb + data_gb + subtotal + graduated(requests, request_rate)'),
    ).lines;
    expect(line?.inputs.map(({ name }) => name)).toEqual(['data_gb', 'price_per_gb', 'subtotal', 'requests']);
  });
});
