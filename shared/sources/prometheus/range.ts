import type { PrometheusSource } from './source.ts';
import { type Window, windowSeconds } from './window.ts';

/**
 * The range that ends with the window and holds every sample that a figure of the window may rest on. A series with a
 * sample in it is one that the reading must see.
 */
export function heldSeconds(source: PrometheusSource, window: Window): number {
  const seconds = windowSeconds(window);
  switch (source.aggregation) {
    case 'counter':
      return seconds + source.lookbackSeconds;
    case 'max':
      return seconds;
    case 'last':
    case 'integral':
      return seconds + source.staleAfterSeconds;
    default:
      return source.aggregation satisfies never;
  }
}
