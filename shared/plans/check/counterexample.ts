import { Exact } from '../../exact/exact.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { type Breakpoints, breakpointsOf } from './breakpoints.ts';
import type { LineOutcome, PlanEvaluator, Usage } from './evaluate.ts';
import type { LineContext } from './line-context.ts';
import type { Witness } from './proof/solve.ts';

export type Counterexample = NonNullable<Diagnostic['counterexample']>;

/** Two usages that differ in one metric only. */
export interface Step {
  readonly low: Usage;
  readonly high: Usage;
}

const MOST_EVALUATIONS = 1500;
const FEW_BASES = 20;
const DECIMALS = 6;
const SCALE = 10n ** BigInt(DECIMALS);
/** One step of the last decimal that a search tries. */
export const TINY = Exact.of(1n, SCALE);
const THIRTY = Exact.of(30n);
const MAGNITUDES = ['1', '1000', '1000000', '1000000000000'].map((text) => Exact.parse(text));
const DAYS: readonly (readonly [active: number, period: number])[] = [
  [30, 30],
  [15, 30],
  [1, 31],
  [0, 30],
  [1, 1],
];

/** Tries usages on one line, in a fixed order and number, so that the same plan gives the same findings everywhere. */
export class UsageSearch {
  readonly metrics: readonly string[];
  readonly #context: LineContext;
  readonly #evaluator: PlanEvaluator;
  readonly #breakpoints: Breakpoints;
  readonly #usesDays: boolean;

  constructor(context: LineContext, evaluator: PlanEvaluator, metrics: readonly string[], usesDays: boolean) {
    this.metrics = metrics;
    this.#context = context;
    this.#evaluator = evaluator;
    this.#breakpoints = breakpointsOf(context);
    this.#usesDays = usesDays;
  }

  outcome(usage: Usage): LineOutcome {
    return this.#evaluator.line(this.#context.index, usage, this.#context.usesSubtotal);
  }

  /** The first usage that shows what is looked for; what the solver proposes is tried before anything else. */
  find(witnesses: readonly Witness[], shows: (outcome: LineOutcome) => boolean): Usage | undefined {
    for (const usage of this.#proposals(witnesses)) if (shows(this.outcome(usage))) return usage;
    return this.#grid().find((usage) => shows(this.outcome(usage)));
  }

  /** The first pair of usages, one step of one metric apart, that shows what is looked for; plain numbers first. */
  findStep(
    metric: string,
    witnesses: readonly Witness[],
    shows: (low: LineOutcome, high: LineOutcome) => boolean,
  ): Step | undefined {
    const found = (step: Step): boolean => shows(this.outcome(step.low), this.outcome(step.high));
    const bounds = [...(this.#breakpoints.get(metric) ?? []), ...this.#crossings(metric)].map(decimalBelow);
    const bases = this.#grid(metric);
    return (
      stepsFrom(bases.slice(0, FEW_BASES), metric, bounds).find(found) ??
      this.#proposedSteps(metric, witnesses).find(found) ??
      this.#stepOnAxis(metric, this.#axis(metric).filter(isPlain), bases, shows) ??
      this.#stepOnAxis(metric, this.#axis(metric), bases, shows)
    );
  }

  #stepOnAxis(
    metric: string,
    axis: readonly Exact[],
    bases: readonly Usage[],
    shows: (low: LineOutcome, high: LineOutcome) => boolean,
  ): Step | undefined {
    for (const base of bases.slice(0, Math.ceil(MOST_EVALUATIONS / axis.length))) {
      let before: { usage: Usage; outcome: LineOutcome } | undefined;
      for (const value of axis) {
        const usage = at(base, metric, value);
        const outcome = this.outcome(usage);
        if (before !== undefined && shows(before.outcome, outcome)) return { low: before.usage, high: usage };
        before = { usage, outcome };
      }
    }
    return undefined;
  }

  /** The usage as a diagnostic shows it; days only where the line depends on them. */
  describe(usage: Usage): Counterexample {
    const shown = this.metrics.map((name) => [name, (usage.metrics.get(name) ?? Exact.zero).toString()] as const);
    const days = [
      ['active_days', usage.activeDays.toString()],
      ['period_days', usage.periodDays.toString()],
    ] as const;
    return Object.fromEntries(this.#usesDays ? [...shown, ...days] : shown);
  }

  #proposals(witnesses: readonly Witness[]): Usage[] {
    return witnesses.flatMap((witness) =>
      [wholeNumber, decimalAbove, decimalBelow].map((round) => this.#usageAt(witness, round)),
    );
  }

  #proposedSteps(metric: string, witnesses: readonly Witness[]): Step[] {
    return witnesses.flatMap((witness) => {
      const step = witness.get(`more ${metric}`);
      if (step === undefined) return [];
      return [wholeNumber, decimalAbove].flatMap((round) => {
        const low = this.#usageAt(witness, round);
        const from = low.metrics.get(metric) ?? Exact.zero;
        const size = round(step);
        return size.sign() > 0 ? [{ low, high: at(low, metric, from.add(size)) }] : [];
      });
    });
  }

  #usageAt(witness: Witness, round: (value: Exact) => Exact): Usage {
    const metrics = new Map(
      this.metrics.map((name) => [name, Exact.max(Exact.zero, round(witness.get(name) ?? Exact.zero))]),
    );
    const periodDays = Exact.max(Exact.one, wholeNumber(witness.get('period_days') ?? THIRTY));
    const activeDays = Exact.min(periodDays, wholeNumber(witness.get('active_days') ?? periodDays));
    return { metrics, periodDays, activeDays };
  }

  #axis(metric: string): Exact[] {
    const own = this.#breakpoints.get(metric) ?? [];
    const near = [...own, ...this.#crossings(metric)].flatMap((value) => {
      const rounded = decimalBelow(value);
      return [rounded, rounded.add(TINY), rounded.add(Exact.one), rounded.subtract(TINY), rounded.subtract(Exact.one)];
    });
    const far = own.map((value) => decimalBelow(value).add(decimalBelow(value)));
    return ascending([Exact.zero, TINY, ...MAGNITUDES, ...near, ...far]);
  }

  /** Where the subtotal of the lines above crosses a value that this line compares it with, as this metric grows. */
  #crossings(metric: string): Exact[] {
    if (!this.#context.usesSubtotal) return [];
    return (this.#breakpoints.get('subtotal') ?? []).flatMap((level) => {
      let [low, high] = [Exact.zero, Exact.parse('1000000000000')];
      if (!this.#subtotalExceeds(metric, high, level)) return [];
      while (high.subtract(low).compare(TINY) > 0) {
        const middle = decimalBelow(low.add(high).multiply(Exact.of(1n, 2n)));
        if (this.#subtotalExceeds(metric, middle, level)) high = middle;
        else low = middle;
      }
      return [low, high];
    });
  }

  #subtotalExceeds(metric: string, value: Exact, level: Exact): boolean {
    const outcome = this.outcome({ metrics: new Map([[metric, value]]), periodDays: THIRTY, activeDays: THIRTY });
    return outcome.kind === 'amount' && outcome.subtotal.compare(level) > 0;
  }

  /** Combinations of interesting values of every metric (but `except`), as many as the limit lets through. */
  #grid(except?: string): Usage[] {
    let usages: Usage[] = (this.#usesDays ? DAYS : DAYS.slice(0, 1)).map(([active, period]) => ({
      metrics: new Map(),
      activeDays: Exact.of(BigInt(active)),
      periodDays: Exact.of(BigInt(period)),
    }));
    for (const metric of this.metrics) {
      if (metric === except) continue;
      const values = plainFirst(this.#axis(metric));
      const room = Math.max(3, Math.floor(MOST_EVALUATIONS / usages.length));
      const taken = values.slice(0, room);
      usages = usages.flatMap((usage) => taken.map((value) => at(usage, metric, value))).slice(0, MOST_EVALUATIONS);
    }
    return usages;
  }
}

export function at(usage: Usage, metric: string, value: Exact): Usage {
  return { ...usage, metrics: new Map(usage.metrics).set(metric, value) };
}

function wholeNumber(value: Exact): Exact {
  return Exact.of(value.ceil());
}

function decimalBelow(value: Exact): Exact {
  return Exact.of(value.multiply(Exact.of(SCALE)).floor(), SCALE);
}

function decimalAbove(value: Exact): Exact {
  return Exact.of(value.multiply(Exact.of(SCALE)).ceil(), SCALE);
}

function ascending(values: readonly Exact[]): Exact[] {
  const distinct = new Map(values.filter((value) => value.sign() >= 0).map((value) => [value.toString(), value]));
  return [...distinct.values()].sort((a, b) => a.compare(b));
}

/** At most two decimals. */
function isPlain(value: Exact): boolean {
  return value.multiply(Exact.of(100n)).denominator === 1n;
}

/** Numbers that are short to read before long ones. */
function plainFirst(values: readonly Exact[]): Exact[] {
  return [...values].sort((a, b) => a.toString().length - b.toString().length || a.compare(b));
}

/** From each base, steps beyond each bound: by one, and by the least that is tried. */
function stepsFrom(bases: readonly Usage[], metric: string, bounds: readonly Exact[]): Step[] {
  return bases.flatMap((base) =>
    bounds.flatMap((bound) =>
      [Exact.one, TINY].map((size): Step => {
        const low = at(base, metric, bound);
        return { low, high: at(low, metric, bound.add(size)) };
      }),
    ),
  );
}
