import { utcDay } from '../../shared/calendar/utc-day.ts';
import { openDatabase } from '../../shared/database/database.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { decimal } from '../../shared/exact/decimal.ts';
import type { UsageReader, UsageRow } from '../../shared/sources/reading.ts';
import { aggregateDay } from '../../shared/usage/aggregate.ts';

// Writes one checkpoint of so many rows, and prints what it took of memory as JSON. With --expose-gc the heap is
// collected before every statement, so that only what is held counts.

const [url = '', rowText = '0'] = process.argv.slice(2);
const rowCount = Number(rowText);
const BATCH = 1_000;

let baseline = Number.POSITIVE_INFINITY;
let highest = 0;
function measureHeld(): void {
  if (globalThis.gc === undefined) return;
  globalThis.gc();
  const held = process.memoryUsage().heapUsed;
  baseline = Math.min(baseline, held);
  highest = Math.max(highest, held);
}

const reader: UsageReader = {
  read: async (_region, _day, keep) => {
    for (let from = 0; from < rowCount; from += BATCH) {
      const rows = Array.from({ length: Math.min(BATCH, rowCount - from) }, (_, index) => rowAt(from + index));
      const refusal = await keep(rows);
      if (refusal !== undefined) throw new Error(refusal.detail);
    }
    return { kind: 'complete', evidence: { queries: [], facts: {} } };
  },
};

/** In an order that is not that of the names. */
function rowAt(index: number): UsageRow {
  const scattered = (index * 7_919) % rowCount;
  return { project: `project-${String(scattered).padStart(9, '0')}`, quantity: decimal(`${scattered}.5`) };
}

const effects = {
  ...systemEffects(),
  perform: async <T>(_effect: unknown, run: () => Promise<T>) => {
    measureHeld();
    return run();
  },
};
const database = openDatabase({ url, role: 'daybook_app', poolSize: 2, applicationName: 'memory' }, effects);
const work = {
  region: 'us-east',
  day: utcDay('2026-10-05'),
  snapshotAt: new Date('2026-10-06T02:00:00Z'),
  actor: 'service:aggregate-usage',
  why: 'test',
};
const result = await aggregateDay({ database, effects, openReader: async () => reader }, work);
await database.close();
const peakRssBytes = process.resourceUsage().maxRSS * 1_024;
process.stdout.write(JSON.stringify({ result, peakRssBytes, heldBytes: Math.max(0, highest - baseline) }));
