import { Parser } from 'expr-eval';

/** One step of the parser's output in reverse Polish notation; a branch holds its own steps. */
export type Step =
  | { readonly type: 'INUMBER'; readonly value: number }
  | { readonly type: 'IVAR'; readonly value: string }
  | { readonly type: 'IOP1'; readonly value: string }
  | { readonly type: 'IOP2'; readonly value: string }
  | { readonly type: 'IOP3'; readonly value: string }
  | { readonly type: 'IFUNCALL'; readonly value: number }
  | { readonly type: 'IEXPR'; readonly value: readonly Step[] };

const ENABLED = ['+', '-', '*', '/', '<', '<=', '>', '>=', '==', '!=', 'and', 'or', 'not', '?', ':'];
const DISABLED = ['concatenate', 'factorial', 'power', 'remainder', 'assignment', 'fndef', 'array', 'in', '.'];

function neverEvaluated(): never {
  throw new TypeError('expr-eval is used to parse, never to evaluate');
}

/** A look-up table that holds these words and inherits nothing. */
function tableOf(words: readonly string[]): Record<string, unknown> {
  const table: Record<string, unknown> = Object.create(null);
  for (const word of words) table[word] = neverEvaluated;
  return table;
}

/**
 * The library's parser with its tables replaced: its own hold functions that run code, and inherit the members of
 * every JavaScript object (`toString(1)` parses). Functions are known by `structure.ts`, so the table here is empty.
 */
function restrictedParser(): Parser {
  const operators: Record<string, boolean> = Object.create(null);
  for (const option of DISABLED) operators[option] = false;
  const parser = new Parser({ allowMemberAccess: false, operators });
  const binary = ENABLED.filter((operator) => operator !== 'not' && operator !== '?' && operator !== ':');
  return Object.assign(parser, {
    unaryOps: tableOf(['-', 'not']),
    binaryOps: tableOf(binary),
    ternaryOps: tableOf(['?']),
    functions: tableOf([]),
    consts: tableOf([]),
  });
}

const parser = restrictedParser();

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function readStep(step: unknown): Step {
  const type: unknown = typeof step === 'object' && step !== null ? Reflect.get(step, 'type') : undefined;
  const value: unknown = typeof step === 'object' && step !== null ? Reflect.get(step, 'value') : undefined;
  if (type === 'IEXPR' && isList(value)) return { type, value: value.map(readStep) };
  if ((type === 'INUMBER' || type === 'IFUNCALL') && typeof value === 'number') return { type, value };
  const takesText = type === 'IVAR' || type === 'IOP1' || type === 'IOP2' || type === 'IOP3';
  if (takesText && typeof value === 'string') return { type, value };
  throw new SyntaxError(`a step of type ${String(type).slice(0, 20)} is not part of the language`);
}

/** Parses a formula that is within the limits. Throws SyntaxError or the library's Error for what it cannot parse. */
export function parseToSteps(text: string): readonly Step[] {
  const tokens: unknown = Reflect.get(parser.parse(text), 'tokens');
  if (!isList(tokens)) throw new SyntaxError('the parser gave no steps');
  return tokens.map(readStep);
}
