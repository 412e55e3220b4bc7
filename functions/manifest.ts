import type { VARIABLES } from '../shared/configuration/configuration.ts';
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

/** What one deployment of a function may take. */
export interface Resources {
  readonly memoryMiB: 256 | 512 | 1_024 | 2_048;
  /** Instances at most, in each region where it is deployed. Times the pool's size it stays below max_connections. */
  readonly maxInstances: number;
  /** Calls that one instance takes at a time. */
  readonly concurrency: number;
}

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
  /** Secrets beside those that come with its parts. */
  readonly secrets?: readonly (keyof typeof VARIABLES)[];
  /** What differs from {@link resourcesOf}'s usual. */
  readonly resources?: Partial<Resources>;
}

/** What a deployment of the function is given: the usual of its trigger, but for what its manifest says. */
export function resourcesOf({ trigger, resources = {} }: Manifest): Resources {
  return { ...usualResources(trigger), ...resources };
}

function usualResources(trigger: Trigger): Resources {
  switch (trigger.kind) {
    case 'schedule':
      // One firing at a time is enough; a late one beside it is safe, and waits.
      return { memoryMiB: 512, maxInstances: 1, concurrency: 1 };
    case 'events':
      return { memoryMiB: 512, maxInstances: 5, concurrency: 1 };
    case 'http':
      return { memoryMiB: 512, maxInstances: 3, concurrency: 8 };
    default:
      return trigger satisfies never;
  }
}

/** Whether anybody may reach it. Such a function checks signatures or tokens itself; all others stand behind IAM. */
export function isPublic({ trigger }: Manifest): boolean {
  return trigger.kind === 'http' && trigger.caller !== 'operators';
}

/** A scheduler job's name, as Cloud Scheduler allows it: letters, digits and hyphens. */
export function scheduleName(functionName: string, region: string | null): string {
  return region === null ? functionName : `${functionName}-${region}`;
}

/** A subscription's name: topic and receiver, which together are unique. */
export function subscriptionName(topic: Topic, functionName: string): string {
  return `${topic}.${functionName}`;
}
