import type { Exact } from '../../exact/exact.ts';
import type { AtomTable } from './proof/atoms.ts';
import type { Polynomial } from './proof/polynomial.ts';

/** The value of one input at which an expression reaches a level, while everything else in it is 0. */
interface Root {
  readonly input: string;
  readonly value: Exact;
}

const DEEPEST = 4;

/** Looks through min, max, ceil and choices for the inputs inside; what it returns is to be tried, not to be trusted. */
export function rootsOf(table: AtomTable, expression: Polynomial, level: Exact, depth = 0): Root[] {
  if (depth > DEEPEST) return [];
  return expression.varyingTerms().flatMap((term): Root[] => {
    const [factor, ...others] = term.factors;
    if (factor === undefined || others.length > 0 || factor[1] !== 1) return [];
    const value = level.subtract(expression.constantPart()).divide(term.coefficient);
    const atom = table.atom(factor[0]);
    switch (atom.kind) {
      case 'input':
        return value.sign() >= 0 ? [{ input: atom.name, value }] : [];
      case 'largest':
      case 'smallest':
      case 'either':
        return atom.options.flatMap((option) => rootsOf(table, option, value, depth + 1));
      case 'ceil':
      case 'floor':
        return rootsOf(table, atom.of, value, depth + 1);
      case 'rated':
      case 'reciprocal':
      case 'product':
      case 'undefined':
        return [];
      default:
        return atom satisfies never;
    }
  });
}
