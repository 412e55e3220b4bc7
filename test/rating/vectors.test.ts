import { describe, expect, it } from 'vitest';
import { quote } from '../../shared/rating/quote.ts';
import vectors from './vectors.json' with { type: 'json' };

/** Inputs and results from the suites and documentation of public billing engines; each names its source. */
describe('public vectors', () => {
  it.each(vectors.map((vector) => [vector.id, vector.source, vector] as const))(
    '%s (%s)',
    (_id, _source, { plan, usage, expect: wanted }) => {
      const outcome = quote(plan, usage);
      expect(outcome.kind === 'refused' ? outcome.problems : []).toEqual([]);
      if (outcome.kind === 'refused') return;
      const { lines, subtotal, total } = outcome.quote;
      expect({ exact: lines.map((line) => line.exact), amounts: lines.map((line) => line.amount), total }).toEqual({
        exact: wanted.exact,
        amounts: wanted.amounts,
        total: wanted.total,
      });
      expect(subtotal).toBe(total);
      if ('statedBySource' in wanted) expect(total).toBe(wanted.statedBySource);
    },
  );

  it('are 207, of which 151 are stated by their source', () => {
    expect([vectors.length, vectors.filter((vector) => 'statedBySource' in vector.expect).length]).toEqual([207, 151]);
  });
});
