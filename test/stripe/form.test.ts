import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeForm, encodeForm } from '../../shared/stripe/form.ts';
import { parseForm } from '../local-cloud/stripe/form.ts';

test('nested objects and lists are written in bracket notation, names in order', () => {
  expect(encodeForm({ b: [{ y: true, x: 5n }, 'c d'], a: 'é&=[]%(!)' })).toBe(
    'a=%C3%A9%26%3D[]%25%28%21%29&b[0][x]=5&b[0][y]=true&b[1]=c%20d',
  );
});

test('what is written is read back, value by value', () => {
  const text = fc.string({ unit: 'binary' }).filter((drawn) => drawn.isWellFormed());
  fc.assert(
    fc.property(text, text, (first, second) => {
      const body = encodeForm({ list: [{ first }, { second }] });
      expect(decodeForm(body)).toEqual({ 'list[0][first]': first, 'list[1][second]': second });
      expect(parseForm(body).get('list')).toEqual(
        new Map([
          ['0', new Map([['first', first]])],
          ['1', new Map([['second', second]])],
        ]),
      );
    }),
  );
});
