import type { Topic } from '../shared/events/catalogue.ts';

/** What a deployed function talks to beside Pub/Sub; decides which secrets and rights it is given. */
export type Part = 'postgres' | 'prometheus' | 'bigquery' | 'stripe' | 'slack';

export type Trigger =
  /** Cloud Scheduler posts to it, in UTC. `perRegion`: one job for each region, with the region in the path's query. */
  | { readonly kind: 'schedule'; readonly cron: string; readonly perRegion: boolean }
  /** Pub/Sub pushes to it: one subscription for each topic. */
  | { readonly kind: 'events'; readonly topics: readonly Topic[]; readonly deadLetters?: true }
  /** Somebody outside calls it. */
  | { readonly kind: 'http'; readonly caller: 'stripe' | 'operators' | 'customers' };

/**
 * What a function is, as data: the event-flow picture, the local cloud and the Terraform inputs are made from it.
 */
export interface Manifest {
  readonly name: string;
  /** One sentence for the picture and the docs. */
  readonly purpose: string;
  readonly trigger: Trigger;
  readonly publishes: readonly Topic[];
  readonly uses: readonly Part[];
  /** Longest time that one call may take; also the acknowledge deadline of its subscriptions. 10 to 600. */
  readonly timeoutSeconds: number;
}

/** A subscription's name: topic and receiver, which together are unique. */
export function subscriptionName(topic: Topic, functionName: string): string {
  return `${topic}.${functionName}`;
}
