import type { z } from 'zod';
import type { BigQuerySource } from './bigquery/source.ts';
import { usageSourceSchema } from './configuration.ts';
import { type LabelMatcher, parseSelector } from './prometheus/selector.ts';
import type { PrometheusSource } from './prometheus/source.ts';

/** A source of a metric in one region. */
export interface RegionalSource {
  readonly region: string;
  readonly configuration: unknown;
}

type Parsed = z.output<typeof usageSourceSchema>;

/**
 * Why two regions' sources of one metric may count the same series or rows; undefined when they cannot. What cannot be
 * told apart by the configuration counts as an overlap: usage that two regions count is billed twice.
 */
export function findOverlap(one: RegionalSource, other: RegionalSource): string | undefined {
  if (one.region === other.region) return undefined;
  const [a, b] = [usageSourceSchema.safeParse(one.configuration), usageSourceSchema.safeParse(other.configuration)];
  // A configuration that cannot be read counts nothing; reading it says so.
  if (!a.success || !b.success) return undefined;
  const seen = overlapOf(one.region, a.data, other.region, b.data);
  return seen === undefined ? undefined : `${one.region} and ${other.region} may count the same: ${seen}`;
}

function overlapOf(oneRegion: string, one: Parsed, otherRegion: string, other: Parsed): string | undefined {
  if (one.kind === 'prometheus' && other.kind === 'prometheus')
    return seriesOverlap(oneRegion, one, otherRegion, other);
  if (one.kind === 'bigquery' && other.kind === 'bigquery') return rowOverlap(oneRegion, one, otherRegion, other);
  return undefined;
}

function seriesOverlap(
  oneRegion: string,
  one: PrometheusSource,
  otherRegion: string,
  other: PrometheusSource,
): string | undefined {
  if (one.endpoint !== other.endpoint) return undefined;
  const [first, second] = [matchersOf(one, oneRegion), matchersOf(other, otherRegion)];
  if (first === undefined || second === undefined || first.metric !== second.metric) return undefined;
  const apart = first.matchers.some((matcher) => second.matchers.some((against) => isDisjoint(matcher, against)));
  if (apart) return undefined;
  return `both read ${first.metric} of the endpoint ${one.endpoint}, and no label has a value of its own in each; give the sources a regionLabel`;
}

function matchersOf(source: PrometheusSource, region: string) {
  const reading = parseSelector(source.selector);
  if (reading.kind === 'refused') return undefined;
  const { metric, matchers } = reading.selector;
  const ofRegion: LabelMatcher[] =
    source.regionLabel === undefined ? [] : [{ label: source.regionLabel, operator: '=', value: region }];
  return { metric, matchers: [...matchers, ...ofRegion] };
}

/** No series meets both conditions. */
function isDisjoint(one: LabelMatcher, other: LabelMatcher): boolean {
  if (one.label !== other.label) return false;
  if (one.operator === '=' && other.operator === '=') return one.value !== other.value;
  return (
    one.value === other.value &&
    ((one.operator === '=' && other.operator === '!=') || (one.operator === '!=' && other.operator === '='))
  );
}

/** A condition that holds for rows of one region only. */
const REGION_CONDITION = /=\s*@region\b|@region\s*=|\bIN\s*\(\s*@region\s*\)/i;

function rowOverlap(
  oneRegion: string,
  one: BigQuerySource,
  otherRegion: string,
  other: BigQuerySource,
): string | undefined {
  const [first, second] = [one.regions[oneRegion], other.regions[otherRegion]];
  if (first === undefined || second === undefined) return undefined;
  if (first.dataset !== second.dataset || first.project !== second.project) return undefined;
  const loose = [one.query, one.controlQuery, other.query, other.controlQuery].some(
    (query) => !REGION_CONDITION.test(query.replace(/[<>!]=/g, ' ')),
  );
  if (!loose) return undefined;
  return `both read the dataset ${first.dataset}, by a query without the condition region = @region; add it`;
}
