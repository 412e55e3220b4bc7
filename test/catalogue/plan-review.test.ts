import { describe, expect, test } from 'vitest';
import { changesBetween } from '../../shared/catalogue/plan-review.ts';
import { type PlanDocument, planDocumentSchema } from '../../shared/plans/plan-document.ts';

const BASE = {
  plan: 'team',
  title: 'Team',
  currency: 'usd',
  metrics: { data_gb: { unit: 'GB', rollup: 'sum' }, requests: { unit: 'request', rollup: 'sum' } },
  parameters: { fee: { value: '100', unit: 'usd' }, price: { value: '0.13', unit: 'usd/GB' } },
  rates: {
    request_rate: {
      per: 'request',
      tiers: [
        { upTo: '1000', unitPrice: '0' },
        { upTo: null, unitPrice: '0.002', flat: '5' },
      ],
    },
  },
  lines: [
    { key: 'platform', label: 'Platform fee', formula: 'fee' },
    { key: 'data', label: 'Data', formula: 'data_gb * price' },
    { key: 'requests', label: 'Requests', formula: 'graduated(requests, request_rate)' },
    { key: 'minimum', label: 'Minimum', formula: 'max(0, 50 * fee - subtotal)' },
  ],
};

function plan(change: Readonly<Record<string, unknown>> = {}): PlanDocument {
  return planDocumentSchema.parse({ ...BASE, ...change });
}

function sentences(after: PlanDocument): string[] {
  return changesBetween(plan(), after).map(({ sentence }) => sentence);
}

describe('a change of a plan in plain words', () => {
  test('the same plan has none', () => {
    expect(changesBetween(plan(), plan())).toEqual([]);
  });

  test('a plan without a predecessor is new', () => {
    expect(changesBetween(null, plan())).toMatchObject([
      { where: 'plan', old: null, sentence: expect.stringContaining('is new') },
    ]);
  });

  test('a parameter: old and new value, and every line that it reaches, also through subtotal', () => {
    const parameters = { ...BASE.parameters, price: { value: '0.15', unit: 'usd/GB' } };
    expect(changesBetween(plan(), plan({ parameters }))).toEqual([
      {
        where: 'parameter price',
        what: 'value',
        old: '0.13 usd/GB',
        new: '0.15 usd/GB',
        sentence: 'Parameter price: value changes from 0.13 usd/GB to 0.15 usd/GB.',
        lines: ['data', 'minimum'],
      },
    ]);
  });

  test('a tier: which one, and what of it', () => {
    const rates = {
      request_rate: {
        per: 'request',
        tiers: [
          { upTo: '2000', unitPrice: '0' },
          { upTo: null, unitPrice: '0.001' },
        ],
      },
    };
    expect(sentences(plan({ rates }))).toEqual([
      'Rate request_rate, tier 1: up to changes from 1000 to 2000.',
      'Rate request_rate, tier 2: unit price changes from 0.002 to 0.001.',
      'Rate request_rate, tier 2: flat 5 is removed.',
    ]);
  });

  test('more tiers: the whole list, old and new', () => {
    const rates = { request_rate: { per: 'request', tiers: [{ upTo: null, unitPrice: '0.001' }] } };
    expect(sentences(plan({ rates }))).toEqual([
      'Rate request_rate: tiers changes from up to 1000 at 0; the rest at 0.002 plus 5 to the rest at 0.001.',
    ]);
  });

  test('lines: formula, removal, addition and order', () => {
    const [platform, data, requests, minimum] = BASE.lines;
    const support = { key: 'support', label: 'Support', formula: 'fee', allowNegative: true };
    const changed = sentences(
      plan({ lines: [{ ...data, formula: 'max(0, data_gb * price)' }, platform, minimum, support] }),
    );
    expect(changed).toEqual([
      'Line data: formula changes from data_gb * price to max(0, data_gb * price).',
      `Line requests is removed (it was: label ${requests?.label}, formula ${requests?.formula}, rated for the customer, may be negative no).`,
      'Line support is new: label Support, formula fee, rated for the customer, may be negative yes.',
      'Plan: order of lines changes from platform, data, minimum to data, platform, minimum.',
    ]);
  });

  test('title, currency and metrics', () => {
    const metrics = { ...BASE.metrics, data_gb: { unit: 'GB', rollup: 'max' } };
    expect(sentences(plan({ title: 'Teams', metrics }))).toEqual([
      'Plan: title changes from Team to Teams.',
      'Metric data_gb: roll-up changes from sum to max.',
    ]);
  });
});
