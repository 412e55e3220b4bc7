import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, digest, digestOf } from '../../shared/canonical/canonical-json.ts';

const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.string({ unit: 'binary' }), fc.maxSafeInteger(), fc.boolean(), fc.constant(null)),
    fc.array(tie('value')),
    fc.dictionary(
      fc.string({ unit: 'binary' }).filter((key) => key !== '__proto__'),
      tie('value'),
    ),
  ),
})).value;

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

describe('canonicalJson', () => {
  it('writes keys in the order of their code units, without white space', () => {
    expect(canonicalJson({ b: [1, 'x', null, true], a: { é: 0, z: -0, Z: '\n' }, '10': 1, '9': 2 })).toBe(
      '{"10":1,"9":2,"a":{"Z":"\\n","z":0,"é":0},"b":[1,"x",null,true]}',
    );
  });

  it('promise 13: gives the same text for any order of keys, and JSON that reads back equal', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it.each([
    ['a fraction', { a: [0.5] }, '$.a[0]'],
    ['not a number', [Number.NaN], '$[0]'],
    ['a number beyond 2^53', { n: 2 ** 53 }, '$.n'],
    ['a bigint', { n: 1n }, '$.n'],
    ['undefined', { n: undefined }, '$.n'],
    ['a hole in a list', new Array(1), '$[0]'],
    ['a date', { at: new Date(0) }, '$.at'],
    ['a map', new Map(), '$'],
    ['a function', { f: () => 1 }, '$.f'],
  ])('refuses %s and names its place', (_name, value, place) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
    expect(() => canonicalJson(value)).toThrow(place);
  });

  it('refuses nesting that would exhaust the stack', () => {
    expect(() => canonicalJson(JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`))).toThrow(TypeError);
  });
});

describe('digest', () => {
  it('is SHA-256 of the UTF-8 bytes (FIPS 180-4 examples)', () => {
    expect(digest('')).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(digest('abc')).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(digestOf({ b: 1, a: 2 })).toBe(digest('{"a":2,"b":1}'));
  });
});
