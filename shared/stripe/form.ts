/** What a request body is made of: text, whole numbers and booleans, nested in objects and lists. */
export type FormValue = string | boolean | bigint | readonly FormValue[] | { readonly [name: string]: FormValue };

/** As Stripe's Node client writes it: everything outside the unreserved set escaped, square brackets left readable. */
function escaped(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!*()']/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%5B', '[')
    .replaceAll('%5D', ']');
}

function pairsOf(name: string, value: FormValue): string[] {
  if (typeof value !== 'object') return [`${escaped(name)}=${escaped(String(value))}`];
  if (Array.isArray(value)) return value.flatMap((item: FormValue, index) => pairsOf(`${name}[${index}]`, item));
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([member, item]) => pairsOf(`${name}[${member}]`, item));
}

/**
 * The one form-encoded text of a set of parameters, in Stripe's bracket notation. Names are in the order of their
 * UTF-16 code units and lists keep theirs, so that the same parameters are the same bytes wherever they are written.
 * Text must be well formed Unicode; otherwise URIError.
 */
export function encodeForm(parameters: { readonly [name: string]: FormValue }): string {
  return Object.entries(parameters)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) => pairsOf(name, value))
    .join('&');
}

/** The flat `name[...]` → text pairs of a form-encoded body, in its order. Stripe's client writes them back to the same bytes. */
export function decodeForm(body: string): Record<string, string> {
  const pairs = body === '' ? [] : body.split('&');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', value = ''] = pair.split('=', 2);
      return [decodeURIComponent(name), decodeURIComponent(value)];
    }),
  );
}
