import { FUNCTION_ARGUMENTS, isFunctionName } from '../names.ts';
import type { Token } from './lexer.ts';
import { quoted, refuseFormula } from './refusal.ts';

const MAX_NESTING = 32;
const MAX_NODES = 500;

/** The words of a formula whose parentheses, operators and commas are in order. */
export interface Structure {
  readonly tokens: readonly Token[];
  /** For each opening parenthesis the index of its closing one; others undefined. */
  readonly partners: readonly (number | undefined)[];
  /** The indices of the opening parentheses that follow a function's name. */
  readonly callOpenings: ReadonlySet<number>;
}

interface Frame {
  readonly opening: number | null;
  readonly isCall: boolean;
  /** `?` that still wait for their `:`. */
  choices: number[];
  /** Signs and `not` before a value that is not complete yet. */
  prefixes: number;
}

/** Walks over the words once, knowing at each whether a value or an operator must come next. */
class StructureReader {
  readonly tokens: readonly Token[];
  readonly partners: (number | undefined)[] = [];
  readonly callOpenings = new Set<number>();
  private readonly frames: Frame[] = [];
  private frame: Frame = { opening: null, isCall: false, choices: [], prefixes: 0 };
  private valueNext = true;
  private nodes = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  read(): void {
    for (const [index, token] of this.tokens.entries()) {
      this.step(index, token);
      this.checkLimits(token);
    }
    const last = this.tokens.at(-1);
    const place = last ?? { start: 0, end: 0 };
    if (this.valueNext)
      refuseFormula(
        'syntax',
        place,
        last === undefined ? 'the formula is empty' : `a value is missing after ${quoted(last.text)}`,
      );
    if (this.frame.opening !== null)
      refuseFormula('syntax', this.at(this.frame.opening), 'this "(" is not closed; add ")"');
    this.endChoices();
  }

  private step(index: number, token: Token): void {
    switch (token.kind) {
      case 'number':
      case 'name':
        this.value(index, token);
        break;
      case 'open':
        this.open(index, token);
        break;
      case 'close':
        this.close(index, token);
        break;
      case 'comma':
        this.comma(token);
        break;
      case 'operator':
        this.operator(index, token);
        break;
      default:
        token.kind satisfies never;
    }
  }

  private value(index: number, token: Token): void {
    if (!this.valueNext) refuseFormula('syntax', token, `an operator is missing before ${quoted(token.text)}`);
    this.nodes += 1;
    this.valueNext = false;
    const isCall = token.kind === 'name' && this.tokens[index + 1]?.kind === 'open';
    if (isCall && !isFunctionName(token.text)) {
      const known = Object.keys(FUNCTION_ARGUMENTS).join(', ');
      refuseFormula(
        'unknown-function',
        token,
        `there is no function ${quoted(token.text)}; the functions are ${known}`,
      );
    }
    if (token.kind === 'name' && !isCall && isFunctionName(token.text)) {
      refuseFormula('syntax', token, `${quoted(token.text)} is a function; write its arguments in parentheses`);
    }
    if (!isCall) this.frame.prefixes = 0;
  }

  private open(index: number, token: Token): void {
    const isCall = !this.valueNext;
    if (isCall && this.tokens[index - 1]?.kind !== 'name')
      refuseFormula('syntax', token, 'an operator is missing before "("');
    if (isCall) this.callOpenings.add(index);
    this.frames.push(this.frame);
    this.frame = { opening: index, isCall, choices: [], prefixes: 0 };
    this.valueNext = true;
  }

  private close(index: number, token: Token): void {
    const { opening } = this.frame;
    const outer = this.frames.pop();
    if (opening === null || outer === undefined) refuseFormula('syntax', token, 'this ")" has no "(" before it');
    if (this.valueNext) refuseFormula('syntax', token, 'a value is missing before ")"');
    this.endChoices();
    this.partners[opening] = index;
    this.frame = outer;
    this.frame.prefixes = 0;
  }

  private comma(token: Token): void {
    if (this.valueNext) refuseFormula('syntax', token, 'a value is missing before ","');
    if (!this.frame.isCall)
      refuseFormula(
        'syntax',
        token,
        'a comma stands only between the arguments of a function; write decimals with a point',
      );
    this.endChoices();
    this.valueNext = true;
  }

  private operator(index: number, token: Token): void {
    this.nodes += 1;
    if (this.valueNext) {
      if (token.text !== '-' && token.text !== 'not')
        refuseFormula('syntax', token, `a value is missing before ${quoted(token.text)}`);
      this.frame.prefixes += 1;
      return;
    }
    if (token.text === 'not') refuseFormula('syntax', token, 'an operator is missing before "not"');
    if (token.text === '?') this.frame.choices.push(index);
    if (token.text === ':' && this.frame.choices.pop() === undefined)
      refuseFormula('syntax', token, 'this ":" has no "?" before it');
    this.valueNext = true;
  }

  private endChoices(): void {
    const open = this.frame.choices.at(-1);
    if (open !== undefined)
      refuseFormula('syntax', this.at(open), 'this "?" has no ":" after it; write condition ? value : other value');
  }

  private checkLimits(token: Token): void {
    if (this.nodes > MAX_NODES) {
      refuseFormula(
        'formula-too-large',
        token,
        `the formula has more than ${MAX_NODES} values and operators; split it into more lines`,
      );
    }
    let depth = this.frames.length + this.frame.choices.length + this.frame.prefixes;
    for (const outer of this.frames) depth += outer.choices.length + outer.prefixes;
    if (depth > MAX_NESTING) {
      refuseFormula(
        'formula-too-deep',
        token,
        `the formula is nested more than ${MAX_NESTING} deep; split it into more lines`,
      );
    }
  }

  private at(index: number): Token {
    const token = this.tokens[index];
    if (token === undefined) throw new RangeError(`the formula has no word ${index}`);
    return token;
  }
}

/** Refuses words in an order that is no formula, and formulas beyond the limits, before any parser sees them. */
export function readStructure(tokens: readonly Token[]): Structure {
  const reader = new StructureReader(tokens);
  reader.read();
  return reader;
}
