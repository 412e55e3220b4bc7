import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AdjustmentDocument } from '../../shared/billing/adjustment.ts';
import { correctionOf, type FigureLine, lineIdentity } from '../../shared/corrections/correction.ts';
import { billedLines, type StandingAdjustment } from '../../shared/corrections/figures.ts';
import { currency, minorUnits, roundToMinorUnits } from '../../shared/exact/currency.ts';
import { Exact } from '../../shared/exact/exact.ts';

const USD = currency('usd');

interface LineShape {
  readonly line: string;
  readonly project: string | null;
  /** Exact amounts by part; the empty text is a line without parts. */
  readonly parts: Readonly<Record<string, Exact>>;
}

function figure({ line, project, parts }: LineShape): FigureLine {
  const total = Object.values(parts).reduce((sum, part) => sum.add(part), Exact.zero);
  return {
    contract: 'acme-1',
    segmentFrom: '2026-10-01',
    segmentTo: '2026-11-01',
    line,
    project,
    label: line,
    invoice: null,
    amount: roundToMinorUnits(total, USD),
    parts: Object.entries(parts).map(([part, exact]) => ({
      part: part === '' ? null : part,
      label: part === '' ? null : part,
      quantity: null,
      exact,
    })),
    cites: { formula: { text: 'f', digest: 'd' }, planVersion: 'v', parametersDigest: 'p', usageDigest: 'u' },
  };
}

const shape = (line: string, parts: Readonly<Record<string, string>>, project: string | null = null): LineShape => ({
  line,
  project,
  parts: Object.fromEntries(Object.entries(parts).map(([part, exact]) => [part, Exact.parse(exact)])),
});
const correct = (billed: readonly FigureLine[], corrected: readonly LineShape[]) =>
  correctionOf(billed, corrected.map(figure), USD, '2026-10/acme/usage');
const amountsOf = (billed: readonly LineShape[], corrected: readonly LineShape[]) =>
  correct(billed.map(figure), corrected).lines.map(({ corrects, project, amount }) => [
    corrects.line,
    corrects.part,
    project,
    amount,
  ]);

/** An adjustment that stands. */
function standing(correction: ReturnType<typeof correct>): StandingAdjustment {
  const document: AdjustmentDocument = {
    adjustment: 'a',
    customer: 'acme',
    period: '2026-10',
    currency: 'usd',
    corrects: [],
    after: [],
    run: '2026-10',
    rerating: 1,
    inputsDigest: 'i',
    ...correction,
    lines: [...correction.lines],
  };
  return { document, lapsed: minorUnits(0n) };
}

describe('corrected − billed, line by line', () => {
  test.each([
    [
      '5 at 10, then 8: +30.00',
      [shape('requests', { '': '50' })],
      [shape('requests', { '': '80' })],
      [['requests', null, null, 3_000n]],
    ],
    [
      'volume 15 at 10, then 16 at 5: −150.00 and +80.00',
      [shape('requests', { tier_1: '150' })],
      [shape('requests', { tier_2: '80' })],
      [
        ['requests', 'tier_1', null, -15_000n],
        ['requests', 'tier_2', null, 8_000n],
      ],
    ],
    [
      'graduated: only the tier that grew',
      [shape('requests', { tier_1: '35', tier_2: '6.5' })],
      [shape('requests', { tier_1: '35', tier_2: '13' })],
      [['requests', 'tier_2', null, 650n]],
    ],
    ['a line that vanished is taken back', [shape('peak', { '': '12' })], [], [['peak', null, null, -1_200n]]],
    ['a line that appeared is charged', [], [shape('peak', { '': '12' })], [['peak', null, null, 1_200n]]],
    [
      'of two projects, the one that changed',
      [shape('peak', { '': '1' }, 'a'), shape('peak', { '': '2' }, 'b')],
      [shape('peak', { '': '1' }, 'a'), shape('peak', { '': '3' }, 'b')],
      [['peak', null, 'b', 100n]],
    ],
    [
      '0.004 and 0.006 are rounded once each: +0.01',
      [shape('r', { '': '0.004' })],
      [shape('r', { '': '0.006' })],
      [['r', null, null, 1n]],
    ],
    ['1.001 and 1.004 are both 1.00: nothing', [shape('r', { '': '1.001' })], [shape('r', { '': '1.004' })], []],
    [
      '−0.005 and 0.005 round away from zero: +0.02',
      [shape('r', { '': '-0.005' })],
      [shape('r', { '': '0.005' })],
      [['r', null, null, 2n]],
    ],
  ] as const)('%s', (_name, billed, corrected, expected) => {
    expect(amountsOf(billed, corrected)).toEqual(expected);
  });

  const cents = fc
    .integer({ min: -200_000, max: 2_000_000 })
    .map((thousandths) => Exact.of(BigInt(thousandths), 1_000n));
  const lines = fc
    .uniqueArray(
      fc.record({
        line: fc.constantFrom('platform', 'requests', 'peak'),
        project: fc.constantFrom(null, 'a', 'b'),
        parts: fc.dictionary(fc.constantFrom('', 'tier_1', 'tier_2', 'tier_3'), cents, { minKeys: 1, maxKeys: 3 }),
      }),
      { selector: ({ line, project }) => `${line} ${project}`, maxLength: 6 },
    )
    .map((shapes): readonly LineShape[] => shapes);

  test('promise 12: over any number of corrections billed + adjustments = corrected, and the same again is nothing', () => {
    fc.assert(
      fc.property(fc.array(lines, { minLength: 1, maxLength: 4 }), (versions) => {
        const adjustments: StandingAdjustment[] = [];
        for (const version of versions) {
          const correction = correct(billedLines([], adjustments), version);
          const sum = correction.lines.reduce((total, { amount }) => total + amount, 0n);
          expect(sum).toBe(correction.total);
          expect(correction.billed + correction.total).toBe(correction.corrected);
          adjustments.push(standing(correction));
          const stands = new Map(billedLines([], adjustments).map((line) => [lineIdentity(line), line.amount]));
          for (const line of version.map(figure)) expect(stands.get(lineIdentity(line)) ?? 0n).toBe(line.amount);
          expect(correct(billedLines([], adjustments), version).lines).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('promise 13: the order in which lines are given changes no amount', () => {
    fc.assert(
      fc.property(lines, lines, (billed, corrected) => {
        const one = correct(billed.map(figure), corrected);
        const other = correct(billed.toReversed().map(figure), corrected.toReversed());
        const sorted = (correction: typeof one) =>
          correction.lines
            .map(({ key: _key, ...line }) => JSON.stringify({ ...line, amount: `${line.amount}` }))
            .sort();
        expect(sorted(other)).toEqual(sorted(one));
      }),
      { numRuns: 100 },
    );
  });

  test('amounts are whole minor units of the line’s own rounding, never of its parts', () => {
    const thirds = { tier_1: '1/3', tier_2: '1/3', tier_3: '1/3' };
    const correction = correct([], [shape('r', thirds)]);
    expect(correction.lines.map(({ amount }) => amount)).toEqual([34n, 33n, 33n].map(minorUnits));
    expect(correction.total).toBe(100n);
  });
});
