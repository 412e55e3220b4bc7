import { decodeForm } from '../stripe/form.ts';
import { replacementKey } from '../stripe/obligation.ts';
import type { StripeRequest } from '../stripe/request.ts';
import type { ChargeRow } from './keep-ratings.ts';

/** One place where a replay gave something else than what is kept. */
export interface ReplayDifference {
  readonly what: 'document' | 'digest' | 'invoice' | 'charge' | 'request';
  /** The key of the line; null when it is not about one. */
  readonly line: string | null;
  /** `lines.amount`, `subtotal`, `create customer`. */
  readonly field: string;
  /** As kept; null when it is not there. */
  readonly kept: string | null;
  readonly recomputed: string | null;
}

/** A row of charges as it is kept. */
export type KeptChargeRow = Readonly<Record<Exclude<keyof ChargeRow, 'amount' | 'position'>, string | null>> & {
  readonly position: number;
  readonly amount: bigint;
};

/** A request as it was committed. */
export interface KeptRequest {
  readonly step: string;
  readonly idempotency_key: string;
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly body_digest: string;
}

/** More of one invoice say nothing more. */
const MOST = 50;

/** Where two documents differ, member by member, lines by their keys; at least one difference when the bytes do. */
export function documentDifferences(kept: string, recomputed: string): readonly ReplayDifference[] {
  if (kept === recomputed) return [];
  const before = parse(kept);
  const found = before === undefined ? [] : memberDifferences(before, JSON.parse(recomputed), '', null);
  if (found.length > 0) return found.slice(0, MOST);
  return [{ what: 'document', line: null, field: 'bytes', kept: shown(kept), recomputed: shown(recomputed) }];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function memberDifferences(kept: unknown, anew: unknown, path: string, line: string | null): ReplayDifference[] {
  if (isObject(kept) && isObject(anew)) {
    const names = [...new Set([...Object.keys(kept), ...Object.keys(anew)])].sort();
    return names.flatMap((name) =>
      memberDifferences(kept[name], anew[name], path === '' ? name : `${path}.${name}`, line),
    );
  }
  if (Array.isArray(kept) && Array.isArray(anew)) {
    const [before, after] = [keyed(kept), keyed(anew)];
    const keys = [...new Set([...before.keys(), ...after.keys()])];
    const found = keys.flatMap((key) => {
      const [place, of] = path === 'lines' ? [path, key] : [`${path}[${key}]`, line];
      return memberDifferences(before.get(key), after.get(key), place, of);
    });
    return found.length > 0 || [...before.keys()].join() === [...after.keys()].join()
      ? found
      : [
          {
            what: 'document',
            line,
            field: `${path} order`,
            kept: shown([...before.keys()].join(', ')),
            recomputed: shown([...after.keys()].join(', ')),
          },
        ];
  }
  if (JSON.stringify(kept) === JSON.stringify(anew)) return [];
  return [{ what: 'document', line, field: path, kept: shownValue(kept), recomputed: shownValue(anew) }];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The elements by their `key`, or by their place where they have none. */
function keyed(elements: readonly unknown[]): ReadonlyMap<string, unknown> {
  return new Map(
    elements.map((element, index) => [
      isObject(element) && typeof element.key === 'string' ? element.key : String(index),
      element,
    ]),
  );
}

export function chargeDifferences(
  kept: readonly KeptChargeRow[],
  recomputed: readonly ChargeRow[],
): readonly ReplayDifference[] {
  const place = ({ purpose, position }: { readonly purpose: string | null; readonly position: number }) =>
    `${purpose} ${position}`;
  const before = new Map(kept.map((row) => [place(row), row]));
  const after = new Map(recomputed.map((row) => [place(row), row]));
  const found = [...new Set([...before.keys(), ...after.keys()])].flatMap((at): ReplayDifference[] => {
    const [old, anew] = [before.get(at), after.get(at)];
    if (old === undefined || anew === undefined) {
      const line = old?.line_key ?? anew?.line_key ?? null;
      return [{ what: 'charge', line, field: `${at} row`, kept: amountOf(old), recomputed: amountOf(anew) }];
    }
    return (Object.keys(anew) as (keyof ChargeRow)[])
      .filter((column) => textOf(old[column]) !== textOf(anew[column]))
      .map((column) => ({
        what: 'charge',
        line: anew.line_key,
        field: anew.purpose === 'shadow' ? `shadow ${column}` : column,
        kept: shownValue(textOf(old[column])),
        recomputed: shownValue(textOf(anew[column])),
      }));
  });
  return found.slice(0, MOST);
}

function amountOf(row: { readonly amount: bigint | string } | undefined): string | null {
  return row === undefined ? null : String(row.amount);
}

function textOf(value: string | bigint | number | null): string | null {
  return value === null ? null : String(value);
}

/** The requests that make the invoice in Stripe. Voids and credit notes come later, for reasons of their own. */
const MAKES_THE_INVOICE = /^(?:create|add_lines:\d+|finalize)$/;

export function requestDifferences(
  kept: readonly KeptRequest[],
  recomputed: readonly StripeRequest[],
): readonly ReplayDifference[] {
  const before = new Map(
    kept.filter(({ step }) => MAKES_THE_INVOICE.test(step)).map((request) => [request.step, request]),
  );
  const after = new Map(recomputed.map((request) => [request.step, request]));
  const found = [...new Set([...before.keys(), ...after.keys()])].flatMap((step): ReplayDifference[] => {
    const [old, anew] = [before.get(step), after.get(step)];
    if (old === undefined || anew === undefined) {
      const body = (request: { readonly body: string } | undefined) => (request ? shown(request.body) : null);
      return [{ what: 'request', line: null, field: `${step} request`, kept: body(old), recomputed: body(anew) }];
    }
    return [
      ...plainDifference(step, 'method', old.method, anew.method),
      ...plainDifference(step, 'path', old.path, anew.path),
      ...(isKeyOf(old.idempotency_key, anew.idempotencyKey)
        ? []
        : plainDifference(step, 'idempotency key', old.idempotency_key, anew.idempotencyKey)),
      ...plainDifference(step, 'body digest', old.body_digest, anew.bodyDigest),
      ...bodyDifferences(step, old.body, anew.body),
    ];
  });
  return found.slice(0, MOST);
}

/** The customer in Stripe that the invoice was made for; undefined before the first request. */
export function keptStripeCustomer(kept: readonly KeptRequest[]): string | undefined {
  return formOf(kept.find(({ step }) => step === 'create')?.body ?? '')?.customer;
}

const MOST_REPLACEMENTS = 64;

/** Whether a key is the obligation's own, or took its place after Stripe had stored an error under it. */
function isKeyOf(kept: string, own: string): boolean {
  let key = own;
  for (let replacements = 0; replacements <= MOST_REPLACEMENTS; replacements += 1) {
    if (key === kept) return true;
    key = replacementKey(key);
  }
  return false;
}

function plainDifference(step: string, field: string, kept: string, recomputed: string): ReplayDifference[] {
  if (kept === recomputed) return [];
  return [{ what: 'request', line: null, field: `${step} ${field}`, kept: shown(kept), recomputed: shown(recomputed) }];
}

function bodyDifferences(step: string, kept: string, recomputed: string): ReplayDifference[] {
  if (kept === recomputed) return [];
  const [before, after] = [formOf(kept), formOf(recomputed)];
  if (before === undefined || after === undefined) return plainDifference(step, 'body', kept, recomputed);
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const found = names
    .filter((name) => before[name] !== after[name])
    .map((name): ReplayDifference => {
      const [item] = /^lines\[\d+\]/.exec(name) ?? [];
      const line = item === undefined ? null : (after[`${item}[metadata][daybook_line]`] ?? null);
      return {
        what: 'request',
        line,
        field: `${step} ${name}`,
        kept: shownValue(before[name]),
        recomputed: shownValue(after[name]),
      };
    });
  return found.length > 0 ? found : plainDifference(step, 'body', kept, recomputed);
}

/** Undefined for a text that is no form: someone has written into it. */
function formOf(body: string): Readonly<Record<string, string>> | undefined {
  try {
    return decodeForm(body);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

const LONGEST_SHOWN = 300;

function shown(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}… (${text.length} characters)` : text;
}

function shownValue(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return shown(typeof value === 'string' ? value : JSON.stringify(value));
}
