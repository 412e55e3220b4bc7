/** One condition on a label, as PromQL writes it inside braces. */
export interface LabelMatcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** A metric name and conditions on its labels; the only part of a query that configuration may write. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly LabelMatcher[];
}

export type SelectorReading =
  | { readonly kind: 'selector'; readonly selector: Selector }
  | { readonly kind: 'refused'; readonly detail: string };

const METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const MATCHER = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\\n]|\\["\\n])*)"\s*/;

export function isLabelName(text: string): boolean {
  return LABEL.test(text) && text !== '__name__';
}

/** Reads `name` or `name{label="value",…}`. Nothing else of PromQL passes, so no function or operator can slip in. */
export function parseSelector(text: string): SelectorReading {
  const metric = METRIC.exec(text)?.[0];
  if (metric === undefined) return refuse(text, 'begin with a metric name, like api_requests_total');
  const rest = text.slice(metric.length).trim();
  if (rest === '') return { kind: 'selector', selector: { metric, matchers: [] } };
  if (!rest.startsWith('{') || !rest.endsWith('}'))
    return refuse(text, 'put the label conditions in braces after the name');
  const matchers: LabelMatcher[] = [];
  let body = rest.slice(1, -1);
  while (body.trim() !== '') {
    const match = MATCHER.exec(body);
    if (match === null)
      return refuse(text, `write conditions like job="gateway", separated by commas, at ${body.trim()}`);
    const [whole, label = '', operator, value = ''] = match;
    if (label === '__name__') return refuse(text, 'write the metric name before the braces, not as __name__');
    matchers.push({ label, operator: operatorOf(operator), value: unescaped(value) });
    body = body.slice(whole.length);
    if (body.startsWith(',')) body = body.slice(1);
    else if (body !== '') return refuse(text, `separate the conditions by commas, at ${body}`);
  }
  return { kind: 'selector', selector: { metric, matchers } };
}

function refuse(text: string, advice: string): SelectorReading {
  return { kind: 'refused', detail: `the selector "${text.slice(0, 200)}" cannot be read: ${advice}` };
}

function operatorOf(text: string | undefined): LabelMatcher['operator'] {
  return text === '!=' || text === '=~' || text === '!~' ? text : '=';
}

function unescaped(quoted: string): string {
  return quoted.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}

function quote(value: string): string {
  return `"${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`;
}

/** The selector as PromQL text, with every value quoted and escaped. */
export function formatSelector({ metric, matchers }: Selector): string {
  if (matchers.length === 0) return metric;
  return `${metric}{${matchers.map(({ label, operator, value }) => `${label}${operator}${quote(value)}`).join(',')}}`;
}

/** The selector with further conditions; each narrows it. */
export function narrowed(selector: Selector, matchers: readonly LabelMatcher[]): Selector {
  return { metric: selector.metric, matchers: [...selector.matchers, ...matchers] };
}

/** A condition that holds for exactly these values: Prometheus anchors the pattern at both ends. */
export function oneOf(label: string, values: readonly string[]): LabelMatcher {
  const patterns = values.map((value) => value.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&'));
  return { label, operator: '=~', value: patterns.join('|') };
}
