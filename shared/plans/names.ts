/** Names that mean something in every formula. */
const BUILTIN_NAMES = ['period_days', 'active_days', 'subtotal'] as const;
export type BuiltinName = (typeof BUILTIN_NAMES)[number];

/** The functions of the language and how many arguments each takes. */
export const FUNCTION_ARGUMENTS = {
  min: { least: 2, most: 50 },
  max: { least: 2, most: 50 },
  ceil: { least: 1, most: 1 },
  floor: { least: 1, most: 1 },
  abs: { least: 1, most: 1 },
  clamp: { least: 3, most: 3 },
  package: { least: 3, most: 3 },
  graduated: { least: 2, most: 2 },
  volume: { least: 2, most: 2 },
} as const;
export type FunctionName = keyof typeof FUNCTION_ARGUMENTS;

/** Words of the language, or of its parser, that cannot name anything. */
const RESERVED_WORDS = ['and', 'or', 'not', 'in', 'true', 'false'] as const;

export const MAX_NAME_LENGTH = 64;
const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

const builtins: ReadonlySet<string> = new Set(BUILTIN_NAMES);
const words: ReadonlySet<string> = new Set(RESERVED_WORDS);
const functions: ReadonlySet<string> = new Set(Object.keys(FUNCTION_ARGUMENTS));
/** Every JavaScript object has members of these names; a plan never needs them, and a look-up by name must not meet them. */
const objectMembers: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

export function isBuiltinName(name: string): name is BuiltinName {
  return builtins.has(name);
}

export function isFunctionName(name: string): name is FunctionName {
  return functions.has(name);
}

/** Why the text cannot name a metric, parameter or rate; undefined when it can. */
export function nameProblem(name: string): string | undefined {
  const shown = name.length > 40 ? `${name.slice(0, 40)}…` : name;
  if (name.length > MAX_NAME_LENGTH) return `the name "${shown}" is longer than ${MAX_NAME_LENGTH} characters`;
  if (!NAME.test(name)) return `"${shown}" is not a name; use letters a to z, digits and _, beginning with a letter`;
  if (builtins.has(name)) return `"${name}" already means something in every formula; choose another name`;
  if (functions.has(name)) return `"${name}" is a function; choose another name`;
  if (words.has(name) || objectMembers.has(name)) return `"${name}" is a reserved word; choose another name`;
  return undefined;
}
