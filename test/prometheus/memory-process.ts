import { utcDay } from '../../shared/calendar/utc-day.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { prometheusQuery } from '../../shared/sources/prometheus/client.ts';
import { prometheusReader } from '../../shared/sources/prometheus/reader.ts';
import { prometheusSourceSchema } from '../../shared/sources/prometheus/source.ts';

// Reads a day of counters, and prints how many rows came and what the process took of memory, as JSON.

const [url = '', source = '', series = '', day = ''] = process.argv.slice(2);
const ask = prometheusQuery(systemEffects(), { url, timeoutMs: 600_000, maximumBodyBytes: 64 * 1024 * 1024 });
const limits = { series: Number(series), patternCharacters: 16_000 };
const reader = prometheusReader(ask, prometheusSourceSchema.parse(JSON.parse(source)), limits);
let rows = 0;
const reading = await reader.read('r1', utcDay(day), async (batch) => {
  rows += batch.length;
  return undefined;
});
process.stdout.write(JSON.stringify({ reading, rows, peakRssBytes: process.resourceUsage().maxRSS * 1_024 }));
