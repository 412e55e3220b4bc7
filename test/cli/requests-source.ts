import { addSource } from '../../shared/catalogue/sources.ts';
import type { Database } from '../../shared/database/database.ts';
import type { Effects } from '../../shared/effects/effects.ts';

/** The source of `requests` in us-east, an hourly counter of the Prometheus that is named "main", in force since October. */
export async function addRequestsSource(database: Database, effects: Effects): Promise<void> {
  const source = {
    sourceId: 'requests',
    metric: 'requests',
    region: 'us-east',
    configuration: {
      kind: 'prometheus',
      endpoint: 'main',
      selector: 'api_requests_total',
      aggregation: 'counter',
      regionLabel: 'region',
      scrapeIntervalSeconds: 3_600,
      staleAfterSeconds: 7_200,
      lookbackSeconds: 7_200,
    },
    activeFrom: '2026-10-01',
  };
  const review = { author: 'person:ana', approver: 'person:ben', why: 'test' };
  const added = await addSource({ database, effects }, source, review);
  if (added.kind !== 'added') throw new Error(JSON.stringify(added));
}
