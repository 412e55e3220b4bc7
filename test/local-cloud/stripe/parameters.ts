import type { FormNode, FormObject } from './form.ts';
import { badParameter } from './refusal.ts';

/** What a parameter may be, as far as Stripe's API documents it. */
export type Specification =
  | { readonly type: 'text'; readonly maxLength?: number; readonly oneOf?: readonly string[] }
  | { readonly type: 'integer' }
  | { readonly type: 'boolean' }
  | { readonly type: 'metadata' }
  /** A parameter that only ever may be unset, by an empty text. */
  | { readonly type: 'unset' }
  | { readonly type: 'list'; readonly of: Specification }
  | { readonly type: 'object'; readonly fields: Fields; readonly required?: readonly string[] };
export type Fields = Readonly<Record<string, Specification>>;

export type Value = string | number | boolean | readonly Value[] | { readonly [name: string]: Value };
export type Parameters = { readonly [name: string]: Value };

function textOf(node: FormNode, path: string): string {
  if (typeof node !== 'string')
    throw badParameter('parameter_invalid_string', path, `Invalid string: ${path} is an object`);
  return node;
}

function readText(node: FormNode, specification: Extract<Specification, { type: 'text' }>, path: string): string {
  const text = textOf(node, path);
  const { maxLength = 5000, oneOf } = specification;
  if (text.length > maxLength) {
    throw badParameter(
      'parameter_invalid_string',
      path,
      `Invalid string: ${path} must be at most ${maxLength} characters`,
    );
  }
  if (oneOf !== undefined && !oneOf.includes(text)) {
    throw badParameter('parameter_invalid_string', path, `Invalid ${path}: must be one of ${oneOf.join(', ')}`);
  }
  return text;
}

function readInteger(node: FormNode, path: string): number {
  const text = textOf(node, path);
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw badParameter('parameter_invalid_integer', path, `Invalid integer: ${text}`);
  }
  return value;
}

function readBoolean(node: FormNode, path: string): boolean {
  const text = textOf(node, path);
  if (text !== 'true' && text !== 'false')
    throw badParameter('parameter_invalid_boolean', path, `Invalid boolean: ${text}`);
  return text === 'true';
}

function readMetadata(node: FormNode, path: string): Value {
  if (typeof node === 'string') {
    if (node === '') return {};
    throw badParameter('parameter_invalid_object', path, `Invalid object: ${path}`);
  }
  const entries = [...node].map(([name, value]) => [name, textOf(value, `${path}[${name}]`)] as const);
  if (entries.length > 50) throw badParameter('metadata_too_many', path, 'Metadata can have at most 50 keys');
  for (const [name, value] of entries) {
    if (name.length > 40)
      throw badParameter('metadata_key_too_long', path, 'Metadata keys can have at most 40 characters');
    if (value.length > 500)
      throw badParameter('metadata_value_too_long', path, 'Metadata values can have at most 500 characters');
  }
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}

function readList(node: FormNode, of: Specification, path: string): readonly Value[] {
  if (typeof node === 'string' || [...node.keys()].some((key) => !/^\d+$/.test(key))) {
    throw badParameter('parameter_invalid_array', path, `Invalid array: ${path}`);
  }
  return [...node]
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([index, item]) => readValue(item, of, `${path}[${index}]`));
}

function readValue(node: FormNode, specification: Specification, path: string): Value {
  switch (specification.type) {
    case 'text':
      return readText(node, specification, path);
    case 'integer':
      return readInteger(node, path);
    case 'boolean':
      return readBoolean(node, path);
    case 'metadata':
      return readMetadata(node, path);
    case 'unset':
      if (node !== '') throw badParameter('parameter_invalid_empty', path, `The stand-in takes ${path} only empty`);
      return '';
    case 'list':
      return readList(node, specification.of, path);
    case 'object':
      if (typeof node === 'string') throw badParameter('parameter_invalid_object', path, `Invalid object: ${path}`);
      return readFields(node, specification.fields, specification.required ?? [], path);
  }
}

/** Reads parameters by their specification, refusing unknown, missing and malformed ones with Stripe's codes. */
export function readFields(form: FormObject, fields: Fields, required: readonly string[], path = ''): Parameters {
  const nameOf = (name: string): string => (path === '' ? name : `${path}[${name}]`);
  const values: [string, Value][] = [...form].map(([name, node]) => {
    const specification = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (specification === undefined) {
      throw badParameter('parameter_unknown', nameOf(name), `Received unknown parameter: ${nameOf(name)}`);
    }
    return [name, readValue(node, specification, nameOf(name))];
  });
  for (const name of required) {
    if (!form.has(name))
      throw badParameter('parameter_missing', nameOf(name), `Missing required param: ${nameOf(name)}.`);
  }
  return Object.fromEntries(values);
}
