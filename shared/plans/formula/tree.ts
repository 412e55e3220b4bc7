import type { Exact } from '../../exact/exact.ts';

/** Half-open range of UTF-16 positions in the formula's text, as editors count them. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type ArithmeticOperator = '+' | '-' | '*' | '/';
export type ComparisonOperator = '<' | '<=' | '>' | '>=' | '==' | '!=';
export type LogicOperator = 'and' | 'or';
export type NumberFunction = 'min' | 'max' | 'ceil' | 'floor' | 'abs' | 'clamp' | 'package';
export type RateFunction = 'graduated' | 'volume';

/**
 * A formula as Daybook understands it: our own tree, made from the parser's output through an allow-list.
 * `name` is a metric, a parameter, or one of `period_days`, `active_days`, `subtotal`; rates occur only in `rated`.
 */
export type Formula =
  | { readonly kind: 'number'; readonly value: Exact; readonly span: Span }
  | { readonly kind: 'name'; readonly name: string; readonly span: Span }
  | { readonly kind: 'negate'; readonly operand: Formula; readonly span: Span }
  | {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: Formula;
      readonly right: Formula;
      readonly span: Span;
    }
  | { readonly kind: 'call'; readonly name: NumberFunction; readonly args: readonly Formula[]; readonly span: Span }
  | {
      readonly kind: 'rated';
      readonly name: RateFunction;
      readonly quantity: Formula;
      readonly rate: string;
      readonly rateSpan: Span;
      readonly span: Span;
    }
  | {
      readonly kind: 'choose';
      readonly condition: Condition;
      readonly whenTrue: Formula;
      readonly whenFalse: Formula;
      readonly span: Span;
    };

/** A truth value; kept apart from numbers, so that `1 + (a > b)` cannot be written. */
export type Condition =
  | {
      readonly kind: 'compare';
      readonly operator: ComparisonOperator;
      readonly left: Formula;
      readonly right: Formula;
      readonly span: Span;
    }
  | {
      readonly kind: 'logic';
      readonly operator: LogicOperator;
      readonly left: Condition;
      readonly right: Condition;
      readonly span: Span;
    }
  | { readonly kind: 'not'; readonly operand: Condition; readonly span: Span };
