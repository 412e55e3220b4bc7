import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { quote } from '../../shared/rating/quote.ts';
import { examplePlan } from '../plans/example-plan.ts';

function problems(plan: unknown, usage: unknown): readonly string[] {
  const outcome = quote(plan, usage);
  return outcome.kind === 'refused' ? [outcome.reason, ...outcome.problems] : [];
}

function amounts(usage: unknown, plan: unknown = examplePlan()): readonly string[] {
  const outcome = quote(plan, usage);
  return outcome.kind === 'quoted' ? outcome.quote.lines.map(({ amount }) => amount) : outcome.problems;
}

describe('quote', () => {
  it('promise 13: gives the same bytes as in every release before (golden)', async () => {
    const outcome = quote(examplePlan(), {
      usage: { requests: '12000000', data_gb: '250.75', peak_rps: '80' },
      activeDays: 10,
      periodDays: 31,
    });
    await expect(`${JSON.stringify(outcome, null, 2)}\n`).toMatchFileSnapshot('quote.golden.json');
  });

  it('has exactly the fields of the published form', () => {
    const plan = {
      plan: 'p',
      title: 'P',
      currency: 'usd',
      metrics: { requests: { unit: 'request', rollup: 'sum' } },
      lines: [{ key: 'requests', label: 'API requests', quantity: 'requests', formula: 'requests / 600000' }],
    };
    const line = {
      key: 'requests',
      label: 'API requests',
      quantity: '12000000',
      exact: '20',
      amount: '20.00',
      amountMinor: '2000',
      details: [],
    };
    const outcome = quote(plan, { usage: { requests: '12000000' } });
    expect(JSON.stringify(outcome.kind === 'quoted' ? outcome.quote : outcome)).toBe(
      JSON.stringify({ currency: 'usd', lines: [line], subtotal: '20.00', total: '20.00' }),
    );
  });

  it('takes metrics that are left out as 0, and a full period of 30 days', () => {
    expect(amounts({ usage: {} })).toEqual(['1500.00', '0.00', '0.00', '500.00']);
    expect(amounts({ usage: {}, activeDays: 15 })).toEqual(['750.00', '0.00', '0.00', '1250.00']);
    expect(amounts({ usage: {}, activeDays: 31 })).toEqual(['1500.00', '0.00', '0.00', '500.00']);
    expect(amounts({ usage: {}, periodDays: 31, activeDays: 0 })).toEqual(['0.00', '0.00', '0.00', '2000.00']);
  });

  it('takes other values of parameters', () => {
    expect(amounts({ usage: {}, parameters: { commitment: '1800', platform_fee: '1e3' } })).toEqual([
      '1000.00',
      '0.00',
      '0.00',
      '800.00',
    ]);
  });

  it('sums projects into the totals, and lists lines per project with their project', () => {
    const plan = examplePlan();
    const lines = [
      { key: 'each', label: 'Each', per: 'project', quantity: 'data_gb', formula: 'data_gb * price_per_gb' },
      { key: 'all', label: 'All', formula: 'data_gb * price_per_gb' },
    ];
    const outcome = quote(
      { ...plan, lines },
      { projects: { p2: { data_gb: '0.05' }, p1: { data_gb: '0.04', requests: '1' } } },
    );
    expect(
      outcome.kind === 'quoted' &&
        outcome.quote.lines.map(({ key, project, quantity, exact, amount }) => [key, project, quantity, exact, amount]),
    ).toEqual([
      ['each', 'p1', '0.04', '0.0052', '0.01'],
      ['each', 'p2', '0.05', '0.0065', '0.01'],
      ['all', undefined, null, '0.0117', '0.01'],
    ]);
  });

  it.each<[string, unknown, string[]]>([
    [
      'an unknown metric',
      { usage: { request: '1' } },
      [
        'usage',
        'usage: "request" is not a metric of plan enterprise-usage; its metrics are requests, data_gb, peak_rps',
      ],
    ],
    [
      'an unknown metric of a project',
      { projects: { p1: { x: '1' } } },
      [
        'usage',
        'projects.p1: "x" is not a metric of plan enterprise-usage; its metrics are requests, data_gb, peak_rps',
      ],
    ],
    [
      'a number as a number',
      { usage: { requests: 1 } },
      ['usage', 'usage.requests: write the number as text, like "0.13"'],
    ],
    ['a negative quantity', { usage: { requests: '-1' } }, ['usage', 'usage.requests: usage cannot be negative']],
    [
      'a quantity that is no decimal',
      { usage: { requests: '1_000' } },
      ['usage', 'usage.requests: "1_000" is not a decimal number; write it like 12.5 or -0.003'],
    ],
    [
      'both forms of usage',
      { usage: {}, projects: {} },
      ['usage', 'projects: give either usage or projects, not both'],
    ],
    ['no usage', {}, ['usage', 'give usage, like {"usage": {"requests": "1000"}}, or projects']],
    ['half a day', { usage: {}, activeDays: 0.5 }, ['usage', 'activeDays: write a whole number of days']],
    [
      'more active days than the period has',
      { usage: {}, activeDays: 31, periodDays: 30 },
      ['usage', 'activeDays: 31 is more than the 30 days of the period'],
    ],
    [
      'an unknown parameter',
      { usage: {}, parameters: { fee: '1' } },
      [
        'usage',
        'parameters.fee cannot be overridden: plan enterprise-usage does not have it; correct the name or remove it',
      ],
    ],
    [
      'a hidden key',
      JSON.parse('{"usage":{"__proto__":"1"}}'),
      ['usage', 'usage.__proto__: "__proto__" cannot be a name'],
    ],
    [
      'an inherited name',
      JSON.parse('{"usage":{"toString":"1"}}'),
      [
        'usage',
        'usage: "toString" is not a metric of plan enterprise-usage; its metrics are requests, data_gb, peak_rps',
      ],
    ],
  ])('refuses %s', (_name, usage, wanted) => {
    expect(problems(examplePlan(), usage)).toEqual(wanted);
  });

  it('refuses a plan that cannot be read or rated, with the line', () => {
    const line = { key: 'a', label: 'A', formula: 'typo * 2' };
    expect(problems({ ...examplePlan(), lines: [line] }, { usage: {} })).toEqual([
      'plan',
      'line a: "typo" is not a metric or parameter of this plan; define it or correct the name',
    ]);
    expect(problems({ ...examplePlan(), title: '' }, { usage: {} })[0]).toBe('plan');
    expect(problems({ ...examplePlan(), lines: [{ ...line, formula: '1 / requests' }] }, { usage: {} })).toEqual([
      'rating',
      'line a: "1 / requests" divides by "requests", which is 0 for this usage; correct the formula or the usage',
    ]);
  });

  it.each([
    null,
    undefined,
    1,
    'x',
    [],
    [1],
    { usage: null },
    { usage: [] },
    { projects: [] },
    { projects: { p: null } },
    { usage: { requests: null } },
  ])('refuses the usage %j without an exception', (usage) => {
    expect(problems(examplePlan(), usage)[0]).toBe('usage');
  });

  it('promise 13: gives the same bytes in other processes, time zones and locales', () => {
    const script = `
      import { quote } from ${JSON.stringify(new URL('../../shared/rating/quote.ts', import.meta.url).href)};
      import vectors from ${JSON.stringify(new URL('./vectors.json', import.meta.url).href)} with { type: 'json' };
      process.stdout.write(JSON.stringify(vectors.map(({ plan, usage }) => quote(plan, usage))));`;
    const places = [
      ['UTC', 'C'],
      ['Pacific/Kiritimati', 'tr_TR.UTF-8'],
      ['America/St_Johns', 'de_DE.UTF-8'],
    ];
    const outputs = places.map(([TZ, LC_ALL]) => {
      const env = { ...process.env, TZ, LC_ALL, LANG: LC_ALL };
      return execFileSync(process.execPath, ['--input-type=module', '--eval', script], { env, encoding: 'utf8' });
    });
    expect(outputs[0]?.length).toBeGreaterThan(10_000);
    expect(new Set(outputs).size).toBe(1);
  });
});
