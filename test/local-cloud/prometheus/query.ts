/** What this server understands of PromQL: a selector, a range of one, one function over a range, or the count of that. */
export interface Query {
  readonly call: Call | undefined;
  readonly metric: string;
  readonly matchers: readonly Matcher[];
  /** The label that series are counted by, empty for all together; absent when they are not counted. */
  readonly countBy: string | undefined;
  /** Absent for an instant selector. */
  readonly rangeMs: number | undefined;
}

export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

const CALLS = [
  'last_over_time',
  'max_over_time',
  'min_over_time',
  'sum_over_time',
  'count_over_time',
  'resets',
] as const;
export type Call = (typeof CALLS)[number];

const FORM = /^(?:([a-z_]+)\()?([a-zA-Z_:][\w:]*)(\{.*\})?(?:\[(\d+)(ms|s|m|h|d)\])?(\))?$/s;
const COUNT = /^count(?: by \((\w+)\) )?\(([a-z_]+\(.*\))\)$/s;
const MATCHER = /^([a-zA-Z_]\w*)(=~|!~|!=|=)"((?:[^"\\\n]|\\.)*)"(,|$)/s;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The query; or, as a string, why it is not one that this server understands. */
export function parseQuery(text: string): Query | string {
  const counted = COUNT.exec(text.trim());
  if (counted !== null) {
    const query = parseQuery(counted[2] ?? '');
    return typeof query === 'string' ? query : { ...query, countBy: counted[1] ?? '' };
  }
  const form = FORM.exec(text.trim());
  if (form === null) return `parse error: this server takes a selector, a range, or one function over a range: ${text}`;
  const [, name, metric = '', braces = '{}', amount, unit = '', closing] = form;
  const call = CALLS.find((one) => one === name);
  if (name !== undefined && call === undefined) return `parse error: unknown function with name "${name}"`;
  if ((name === undefined) !== (closing === undefined)) return 'parse error: unbalanced parenthesis';
  if (call !== undefined && amount === undefined) {
    return `parse error: expected type range vector in call to function "${call}", got instant vector`;
  }
  const matchers = parseMatchers(braces.slice(1, -1));
  if (typeof matchers === 'string') return matchers;
  const rangeMs = amount === undefined ? undefined : Number(amount) * (UNIT_MS[unit] ?? 0);
  return { call, metric, matchers, rangeMs, countBy: undefined };
}

function parseMatchers(text: string): Matcher[] | string {
  const matchers: Matcher[] = [];
  let rest = text;
  while (rest !== '') {
    const match = MATCHER.exec(rest);
    if (match === null) return `parse error: unexpected label matching at ${rest}`;
    const [whole, label = '', operator = '', value = ''] = match;
    matchers.push({ label, operator, value: value.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one)) });
    rest = rest.slice(whole.length);
  }
  return matchers;
}

/** Whether a series with these labels is selected. An absent label is the same as an empty one; patterns are anchored. */
export function selects(matchers: readonly Matcher[]): (labels: Readonly<Record<string, string>>) => boolean {
  const conditions = matchers.map(({ label, operator, value }) => {
    const holds = operator.endsWith('~') ? matching(value) : (text: string) => text === value;
    const wanted = !operator.startsWith('!');
    return (labels: Readonly<Record<string, string>>) => holds(labels[label] ?? '') === wanted;
  });
  return (labels) => conditions.every((condition) => condition(labels));
}

/** A pattern that only lists values is looked up in a set, as Prometheus does it. */
function matching(pattern: string): (text: string) => boolean {
  const values = pattern.split('|').map((one) => one.replace(/\\([\\^$.|?*+()[\]{}])/g, '$1'));
  const listed = pattern.split('|').every((one) => /^(?:[^\\^$.|?*+()[\]{}]|\\[\\^$.?*+()[\]{}])*$/.test(one));
  if (!listed) {
    const expression = new RegExp(`^(?:${pattern})$`, 's');
    return (text) => expression.test(text);
  }
  const set = new Set(values);
  return (text) => set.has(text);
}
