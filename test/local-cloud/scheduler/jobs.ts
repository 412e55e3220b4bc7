import type { Manifest } from '../../../functions/manifest.ts';

/** A Cloud Scheduler job. */
export interface Job {
  /** `aggregate-usage/us-central1`, `sweep-outbox`. */
  readonly name: string;
  readonly functionName: string;
  readonly region: string | null;
  readonly cron: string;
  readonly timeoutSeconds: number;
}

/** The jobs that the manifests ask for: one per schedule, or one per schedule and region. */
export function jobsOf(manifests: readonly Manifest[], regions: readonly string[]): Job[] {
  return manifests.flatMap(({ name: functionName, trigger, timeoutSeconds }): Job[] => {
    if (trigger.kind !== 'schedule') return [];
    const job = { functionName, cron: trigger.cron, timeoutSeconds };
    if (!trigger.perRegion) return [{ ...job, name: functionName, region: null }];
    return regions.map((region) => ({ ...job, name: `${functionName}/${region}`, region }));
  });
}
