import { describe, expect, it } from 'vitest';
import { parsePlanDocument, planJsonSchema } from '../../shared/plans/plan-document.ts';
import { examplePlan } from './example-plan.ts';

function messages(document: unknown): string[] {
  const reading = parsePlanDocument(document);
  return reading.kind === 'parsed' ? [] : reading.diagnostics.map(({ message }) => message);
}

type Example = ReturnType<typeof examplePlan>;
const line = { key: 'a', label: 'A', formula: '1' };
const metric = { unit: 'GB', rollup: 'sum' };

describe('parsePlanDocument', () => {
  it('takes the example of the documentation', () => {
    expect(messages(examplePlan())).toEqual([]);
  });

  it('takes a plan of one line; metrics, parameters and rates may be left out', () => {
    const reading = parsePlanDocument({ plan: 'flat', title: 'Flat', currency: 'jpy', lines: [line] });
    expect(reading).toMatchObject({ kind: 'parsed', plan: { metrics: {}, parameters: {}, rates: {} } });
  });

  it('brings every decimal into its canonical form', () => {
    const plan = {
      ...examplePlan(),
      parameters: { ...examplePlan().parameters, commitment: { value: '2.0e3', unit: 'usd' } },
    };
    expect(parsePlanDocument(plan)).toEqual(parsePlanDocument(examplePlan()));
  });

  it.each<[string, object, string]>([
    [
      'an unknown currency',
      { currency: 'xxx' },
      'currency: "xxx" is not an ISO 4217 currency; write a lower-case code like usd',
    ],
    [
      'an upper-case currency',
      { currency: 'USD' },
      'currency: "USD" is not an ISO 4217 currency; write a lower-case code like usd',
    ],
    ['an unknown entry', { colour: 'red' }, 'the plan: it has the unknown entry "colour"; remove or rename'],
    [
      'a number as a number',
      { parameters: { a: { value: 1, unit: '1' } } },
      'parameters.a.value: write the number as text, like "0.13"',
    ],
    [
      'a number out of range',
      { parameters: { a: { value: '1e41', unit: '1' } } },
      'parameters.a.value: "1e41" is out of range: its exponent goes beyond ±40',
    ],
    [
      'a unit that is none',
      { parameters: { a: { value: '1', unit: 'usd per GB' } } },
      'parameters.a.unit: "usd per GB" is not a unit: "usd per GB" is not a base unit; write one like GB, usd/GB, GB*h or 1',
    ],
    [
      'a name with a space',
      { metrics: { 'data gb': metric } },
      'metrics.data gb: "data gb" is not a name; use letters a to z, digits and _, beginning with a letter',
    ],
    [
      'a name with an underscore first',
      { metrics: { _a: metric } },
      'metrics._a: "_a" is not a name; use letters a to z, digits and _, beginning with a letter',
    ],
    [
      'a builtin as a name',
      { metrics: { subtotal: metric } },
      'metrics.subtotal: "subtotal" already means something in every formula; choose another name',
    ],
    [
      'a function as a name',
      { parameters: { max: { value: '1', unit: '1' } } },
      'parameters.max: "max" is a function; choose another name',
    ],
    [
      'an operator as a name',
      { metrics: { and: metric } },
      'metrics.and: "and" is a reserved word; choose another name',
    ],
    [
      'an object member as a name',
      { metrics: { constructor: metric } },
      'metrics.constructor: "constructor" is a reserved word; choose another name',
    ],
    [
      'a name with two meanings',
      { parameters: { requests: { value: '1', unit: '1' } } },
      'parameters.requests: the name is already used in metrics; every name of a plan means one thing',
    ],
    [
      'an unknown rollup',
      { metrics: { a: { unit: 'GB', rollup: 'median' } } },
      'metrics.a.rollup: write "sum", "max", "mean" or "last"',
    ],
    ['no line', { lines: [] }, 'lines: the plan has no line; give at least one'],
    ['lines that are no list', { lines: {} }, 'lines: it must be of type array'],
    [
      'two lines with one key',
      { lines: [line, line] },
      'lines[1].key: another line already has the key "a"; give each line its own',
    ],
    [
      'a line key with capitals',
      { lines: [{ ...line, key: 'A' }] },
      'lines[0].key: a line key has lower-case letters, digits and _, begins with a letter, and has at most 64 characters',
    ],
    ['a blank label', { lines: [{ ...line, label: ' ' }] }, 'lines[0].label: it is blank; write a text'],
    [
      'a label with a line break',
      { lines: [{ ...line, label: 'a\nb' }] },
      'lines[0].label: it contains control characters; write one line of plain text',
    ],
    [
      'a quantity that is no metric',
      { lines: [{ ...line, quantity: 'b' }] },
      'lines[0].quantity: "b" is not a metric of this plan; name one of its metrics or leave it out',
    ],
    ['a line per region', { lines: [{ ...line, per: 'region' }] }, 'lines[0].per: write "project" or leave it out'],
    [
      'a rate without tiers',
      { rates: { r: { per: 'GB', tiers: [] } } },
      'rates.r.tiers: it has no tier; give at least one',
    ],
    [
      'a formula beyond 4 KiB',
      { lines: [{ ...line, formula: 'a'.repeat(4097) }] },
      'lines[0].formula: the formula is longer than 4096 characters; use parameters or more lines',
    ],
  ])('refuses %s, and says where and what to do', (_name, change, message) => {
    expect(messages({ ...examplePlan(), lines: [line], ...change })).toContain(message);
  });

  it('names the line that a problem is in', () => {
    const reading = parsePlanDocument({ ...examplePlan(), lines: [line, { ...line, key: 'b', label: '' }] });
    expect(reading).toMatchObject({
      kind: 'refused',
      diagnostics: expect.arrayContaining([expect.objectContaining({ line: 'b' })]),
    });
  });

  it.each([
    '{"metrics":{"__proto__":{"unit":"GB","rollup":"sum"}}}',
    '{"__proto__":{}}',
    '{"lines":[{"__proto__":1}]}',
  ])('refuses %s instead of reading it in part', (text) => {
    expect(messages({ ...examplePlan(), ...JSON.parse('{}'), ...reviveOwn(text) })).toEqual([
      expect.stringContaining('"__proto__" cannot be a name'),
    ]);
  });

  it.each([null, undefined, 1, 'plan', [], () => 1])('refuses %s, which is no document', (document) => {
    expect(messages(document).length).toBeGreaterThan(0);
  });

  it('never throws, whatever part of a plan has another type', () => {
    const plan: Example = examplePlan();
    for (const key of Object.keys(plan)) {
      for (const value of [null, 1, '', [], {}, [null], { a: null }, true]) {
        expect(() => parsePlanDocument({ ...plan, [key]: value })).not.toThrow();
      }
    }
  });
});

/** `JSON.parse` keeps `__proto__` as an own key, and so must the spread of the test. */
function reviveOwn(text: string): object {
  const parsed: object = JSON.parse(text);
  return Object.hasOwn(parsed, '__proto__')
    ? Object.defineProperty({}, '__proto__', { value: {}, enumerable: true })
    : parsed;
}

describe('planJsonSchema', () => {
  it('describes the document as its author writes it, for editors', () => {
    const schema = planJsonSchema();
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      additionalProperties: false,
      required: ['plan', 'title', 'currency', 'lines'],
      properties: {
        currency: { type: 'string', enum: expect.arrayContaining(['usd', 'jpy']) },
        lines: { type: 'array', minItems: 1 },
      },
    });
    expect(JSON.stringify(schema)).toContain('"Set for a discount or credit."');
  });
});
