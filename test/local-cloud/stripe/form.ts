/** A form-encoded body in bracket notation, unfolded: `lines[0][amount]=5` is `{lines: {0: {amount: '5'}}}`. */
export type FormNode = string | FormObject;
export type FormObject = Map<string, FormNode>;

const MAX_DEPTH = 8;

function segmentsOf(name: string): readonly string[] {
  const head = /^[^[\]]+/.exec(name)?.[0] ?? '';
  const rest = name.slice(head.length);
  if (head === '' || !/^(?:\[[^[\]]*\])*$/.test(rest)) throw new RangeError(`Invalid parameter name: ${name}`);
  return [head, ...[...rest.matchAll(/\[([^[\]]*)\]/g)].map((match) => match[1] ?? '')];
}

function place(root: FormObject, name: string, value: string): void {
  const segments = segmentsOf(name);
  if (segments.length > MAX_DEPTH) throw new RangeError(`Parameter ${name} is nested too deep`);
  let node = root;
  for (const [index, segment] of segments.entries()) {
    const key = segment === '' ? node.size.toString() : segment;
    if (index === segments.length - 1) {
      if (node.has(key)) throw new RangeError(`Parameter ${name} is given twice`);
      node.set(key, value);
      return;
    }
    const next = node.get(key) ?? new Map<string, FormNode>();
    if (typeof next === 'string') throw new RangeError(`Parameter ${name} is both a value and an object`);
    node.set(key, next);
    node = next;
  }
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

/** Throws RangeError for a body that is not form-encoded in that notation, URIError for a bad escape. */
export function parseForm(text: string): FormObject {
  const root: FormObject = new Map();
  for (const pair of text === '' ? [] : text.split('&')) {
    const equals = pair.indexOf('=');
    if (equals < 0) throw new RangeError(`Invalid request body: "${pair.slice(0, 40)}"`);
    place(root, decode(pair.slice(0, equals)), decode(pair.slice(equals + 1)));
  }
  return root;
}
