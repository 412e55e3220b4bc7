/** A query parameter as the BigQuery API carries it. */
export interface QueryParameter {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

export interface Translation {
  /** PostgreSQL, with $1, $2, … in the order of `values`. */
  readonly text: string;
  readonly values: readonly string[];
}

/** What cannot be translated; the message is shown as BigQuery shows a query error. */
export class UntranslatableQuery extends Error {}

const TOKEN =
  /(\s+|--[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)|('(?:[^'\\\n]|\\.)*')|(`[^`\n]+`)|(@\w+)|([A-Za-z_]\w*)|(\d+(?:\.\d+)?)|(<=|>=|!=|<>|[(),.*+\-/<>=])/y;

const TYPES: ReadonlyMap<string, string> = new Map([
  ['STRING', 'text'],
  ['INT64', 'bigint'],
  ['FLOAT64', 'double precision'],
  ['BOOL', 'boolean'],
  ['BIGNUMERIC', 'numeric'],
  ['NUMERIC', 'numeric'],
  ['DATE', 'date'],
  ['TIMESTAMP', 'timestamptz'],
]);
/** Functions that mean the same in PostgreSQL; `unix_seconds` is made beside the tables. */
const FUNCTIONS = new Set(['SUM', 'COUNT', 'MIN', 'MAX', 'ABS', 'COALESCE', 'CAST', 'UNIX_SECONDS', 'STRING_AGG']);
const BEFORE_PARENTHESIS = new Set([
  'IN',
  'AND',
  'OR',
  'NOT',
  'WHERE',
  'WHEN',
  'THEN',
  'ELSE',
  'SELECT',
  'FROM',
  'ON',
  'AS',
]);
/** Words after a table that cannot be an alias of it. */
const AFTER_TABLE = new Set(['WHERE', 'GROUP', 'ORDER', 'LIMIT', 'UNION', 'HAVING']);

interface Token {
  readonly kind: 'string' | 'quoted' | 'parameter' | 'word' | 'number' | 'sign';
  readonly text: string;
}

/**
 * The part of GoogleSQL that a usage query is written in, as PostgreSQL: one SELECT over tables of the default dataset.
 * `FOR SYSTEM_TIME AS OF` becomes a condition on when the row arrived.
 */
export function translate(sql: string, parameters: readonly QueryParameter[]): Translation {
  const tokens = tokenize(sql);
  if (tokens[0]?.text.toUpperCase() !== 'SELECT')
    throw new UntranslatableQuery('Syntax error: Expected keyword SELECT');
  const output: string[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (token === undefined) break;
    const next = tokens[index + 1];
    switch (token.kind) {
      case 'quoted': {
        const snapshot = snapshotAfter(tokens, index + 1);
        output.push(tableOrColumn(token.text, snapshot, parameters));
        if (snapshot !== undefined) index += 5;
        break;
      }
      case 'parameter':
        output.push(placeholder(token.text, parameters));
        break;
      case 'word':
        output.push(word(token.text, next));
        break;
      case 'string':
      case 'number':
      case 'sign':
        output.push(token.text);
        break;
      default:
        token.kind satisfies never;
    }
  }
  return { text: output.join(' '), values: parameters.map(({ value }) => value) };
}

function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < sql.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(sql);
    if (match === null) throw new UntranslatableQuery(`Syntax error: Unexpected "${sql.slice(at, at + 10)}"`);
    const [, , string, quoted, parameter, name, number, sign] = match;
    if (string !== undefined) {
      if (string.includes('\\')) throw new UntranslatableQuery('Escapes in strings are not taken by this server');
      tokens.push({ kind: 'string', text: string });
    } else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.slice(1, -1) });
    else if (parameter !== undefined) tokens.push({ kind: 'parameter', text: parameter.slice(1) });
    else if (name !== undefined) tokens.push({ kind: 'word', text: name });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
  }
  return tokens;
}

function isWord(token: Token | undefined, text: string): boolean {
  return token?.kind === 'word' && token.text.toUpperCase() === text;
}

/** The name of the parameter in `FOR SYSTEM_TIME AS OF @name`, when that follows. */
function snapshotAfter(tokens: readonly Token[], at: number): string | undefined {
  const words = ['FOR', 'SYSTEM_TIME', 'AS', 'OF'];
  if (!words.every((text, index) => isWord(tokens[at + index], text))) return undefined;
  const parameter = tokens[at + 4];
  if (parameter?.kind !== 'parameter')
    throw new UntranslatableQuery('FOR SYSTEM_TIME AS OF needs a query parameter here');
  const after = tokens[at + 5];
  if (after?.kind === 'word' && !AFTER_TABLE.has(after.text.toUpperCase())) {
    throw new UntranslatableQuery('An alias or a join after FOR SYSTEM_TIME AS OF is not taken by this server');
  }
  return parameter.text;
}

function tableOrColumn(name: string, snapshot: string | undefined, parameters: readonly QueryParameter[]): string {
  const parts = name.split('.');
  if (parts.length > 2 || parts.some((part) => !/^\w+$/.test(part))) {
    throw new UntranslatableQuery(`Not found: Table ${name}; this server takes \`table\` or \`dataset.table\``);
  }
  const quoted = parts.map((part) => `"${part}"`).join('.');
  if (snapshot === undefined) return quoted;
  return `(SELECT * FROM ${quoted} WHERE ingested_at <= ${placeholder(snapshot, parameters)}) AS "${parts.at(-1)}"`;
}

function placeholder(name: string, parameters: readonly QueryParameter[]): string {
  const index = parameters.findIndex((parameter) => parameter.name === name);
  const type = TYPES.get(parameters[index]?.type ?? '');
  if (type === undefined)
    throw new UntranslatableQuery(`Query parameter '${name}' not found, or of a type not taken here`);
  return `$${index + 1}::${type}`;
}

function word(text: string, next: Token | undefined): string {
  const upper = text.toUpperCase();
  if (next?.text === '(' && !FUNCTIONS.has(upper) && !BEFORE_PARENTHESIS.has(upper)) {
    throw new UntranslatableQuery(`Function not found: ${text}`);
  }
  return TYPES.get(upper) ?? text;
}
