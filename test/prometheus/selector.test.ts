import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatSelector, narrowed, oneOf, parseSelector } from '../../shared/sources/prometheus/selector.ts';
import { prometheusSourceSchema } from '../../shared/sources/prometheus/source.ts';
import { parseQuery, selects } from '../local-cloud/prometheus/query.ts';
import { SOURCE } from './fixture.ts';

describe('a selector of the configuration', () => {
  test.each(['up', 'up{}', 'a:b_total{job="gateway",path!~"/x|\\"y\\"", z=~"."}'])('%s is taken', (text) => {
    expect(parseSelector(text)).toMatchObject({ kind: 'selector' });
  });

  test.each([
    '',
    '{job="x"}',
    'sum(up)',
    'up[5m]',
    'up or vector(0)',
    'up{job="x"} offset 5m',
    'up{job="x"} or up{job="y"}',
    'up{job="x" or job="y"}',
    "up{job='x'}",
    'up{job="x\\u0041"}',
    'up{__name__="down"}',
    'up{job="x",,}',
    'up @ 5',
  ])('%s is refused', (text) => {
    expect(parseSelector(text)).toMatchObject({ kind: 'refused' });
    expect(prometheusSourceSchema.safeParse({ ...SOURCE, selector: text }).success).toBe(false);
  });

  test('any label value survives quoting and selects exactly itself', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 3 }),
        fc.string(),
        (values, other) => {
          const text = formatSelector(narrowed({ metric: 'up', matchers: [] }, [oneOf('project', values)]));
          const query = parseQuery(text);
          if (typeof query === 'string') throw new Error(query);
          const chosen = selects(query.matchers);
          for (const project of values) expect(chosen({ project })).toBe(true);
          expect(chosen({ project: other })).toBe(values.includes(other));
        },
      ),
    );
  });
});

describe('the configuration of a source', () => {
  test.each([
    ['an unknown setting', { extra: 1 }],
    ['a scale of zero', { scale: '0' }],
    ['a stale limit shorter than two scrapes', { staleAfterSeconds: 3_600 }],
    ['a history shorter than the look-back', { historySeconds: 3_600 }],
    ['a label with braces', { projectLabel: 'p{' }],
  ])('%s is refused', (_name, over) => {
    expect(prometheusSourceSchema.safeParse({ ...SOURCE, ...over }).success).toBe(false);
  });
});
