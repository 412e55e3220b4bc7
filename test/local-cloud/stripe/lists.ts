import type { Fields, Parameters } from './parameters.ts';
import { badParameter, missingResource } from './refusal.ts';

/** Parameters that every list takes. */
export const LIST_FIELDS: Fields = {
  limit: { type: 'integer' },
  starting_after: { type: 'text' },
  ending_before: { type: 'text' },
};

/** One page of a list, by Stripe's cursors. `items` are in the order of the whole list. */
export function page(items: readonly { readonly id: string }[], parameters: Parameters, url: string): object {
  const { limit = 10, starting_after: after, ending_before: before } = parameters;
  if (typeof limit !== 'number' || limit < 1 || limit > 100) {
    throw badParameter('parameter_invalid_integer', 'limit', 'Invalid limit: must be between 1 and 100');
  }
  const indexOf = (id: unknown, name: string): number => {
    const index = items.findIndex((item) => item.id === id);
    if (index < 0) throw missingResource('object', String(id), name);
    return index;
  };
  if (before !== undefined) {
    const end = indexOf(before, 'ending_before');
    return { object: 'list', data: items.slice(Math.max(0, end - limit), end), has_more: end > limit, url };
  }
  const start = after === undefined ? 0 : indexOf(after, 'starting_after') + 1;
  return { object: 'list', data: items.slice(start, start + limit), has_more: start + limit < items.length, url };
}
