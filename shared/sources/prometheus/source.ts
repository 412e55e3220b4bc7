import { z } from 'zod';
import { parseDecimal } from '../../exact/decimal.ts';
import { isLabelName, parseSelector } from './selector.ts';

const labelName = z.string().max(100).refine(isLabelName, 'write a label name like project');

const selectorText = z
  .string()
  .max(1_000)
  .superRefine((text, context) => {
    const reading = parseSelector(text);
    if (reading.kind === 'refused') context.addIssue({ code: 'custom', message: reading.detail });
  });

const positiveDecimal = z.string().superRefine((text, context) => {
  const reading = parseDecimal(text);
  if (reading.kind === 'refused') context.addIssue({ code: 'custom', message: reading.detail });
  else if (reading.value.startsWith('-') || reading.value === '0') {
    context.addIssue({ code: 'custom', message: 'write a number above zero' });
  }
});

const DAY_SECONDS = 86_400;

/**
 * Where a metric comes from in Prometheus.
 *
 * `aggregation` says how the samples of a day become one figure per project:
 * - `counter`: what was counted between the last sample before the day and the last sample in it, resets included;
 *   series of one project are added. A series without any sample in `historySeconds` before the day is new, and has
 *   counted its first value since it started: that value is usage.
 * - `max`: the highest sample of the day, over all series of the project.
 * - `last`: the last sample of each series, added; a series that ended more than `staleAfterSeconds` before the
 *   project's last sample was replaced and is left out.
 * - `integral`: value × seconds. A sample counts until the next one of its series, but not longer than
 *   `staleAfterSeconds`; the sample before midnight is carried in under the same limit. Series are added. The mean of a
 *   day, weighted by time, is its integral over 86,400 s: a metric with that divisor has it exactly, where a quotient
 *   taken here would have to be rounded.
 */
export const prometheusSourceSchema = z
  .strictObject({
    kind: z.literal('prometheus'),
    /** Names an endpoint of the deployment's configuration. */
    endpoint: z.string().min(1).max(100),
    /** A metric with label conditions: `api_requests_total{job="gateway"}`. */
    selector: selectorText,
    aggregation: z.enum(['counter', 'max', 'last', 'integral']),
    /** The label that names the project; a series without it makes the reading incomplete. */
    projectLabel: labelName.default('project'),
    /** The label that names the region; left out where each region has a Prometheus of its own. */
    regionLabel: labelName.optional(),
    /** Each figure is multiplied by this: 0.000000001 turns bytes into GB. */
    scale: positiveDecimal.default('1'),
    scrapeIntervalSeconds: z.int().min(1).max(3_600),
    /** A target that gave no sample for so long is gone. */
    staleAfterSeconds: z.int().min(2).max(DAY_SECONDS),
    /** How far before the day a series' last sample is looked for at once. */
    lookbackSeconds: z.int().min(60).max(DAY_SECONDS).default(3_600),
    /** How far back a series that seems new is looked for, so that one that was silent goes on from its old value. */
    historySeconds: z
      .int()
      .min(60)
      .max(400 * DAY_SECONDS)
      .default(35 * DAY_SECONDS),
    /** Of the scrapes due in the day, how many must have given a sample. */
    minimumCoveragePercent: z.int().min(1).max(100).default(90),
    /** The `up` series of the same targets: `up{job="gateway"}`. They prove an outage, and that no series means no usage. */
    upSelector: selectorText.optional(),
  })
  .superRefine((source, context) => {
    if (source.staleAfterSeconds < 2 * source.scrapeIntervalSeconds) {
      context.addIssue({
        code: 'custom',
        path: ['staleAfterSeconds'],
        message: 'must be at least two scrape intervals',
      });
    }
    if (source.lookbackSeconds < source.staleAfterSeconds) {
      context.addIssue({ code: 'custom', path: ['lookbackSeconds'], message: 'must be at least staleAfterSeconds' });
    }
    if (source.historySeconds < source.lookbackSeconds) {
      context.addIssue({ code: 'custom', path: ['historySeconds'], message: 'must be at least lookbackSeconds' });
    }
  });

export type PrometheusSource = z.output<typeof prometheusSourceSchema>;
