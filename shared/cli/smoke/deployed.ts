import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const FILE = join(import.meta.dirname, '..', '..', '..', 'terraform', 'generated', 'functions.json');

/** What a deployment is made from: the same file that Terraform reads. */
const deployedSchema = z.object({
  deadLetters: z.object({ topic: z.string() }),
  topics: z.record(z.string(), z.unknown()),
  subscriptions: z.record(z.string(), z.unknown()),
  schedules: z.record(z.string(), z.object({ perRegion: z.boolean() })),
});

export interface Deployed {
  readonly topics: readonly string[];
  readonly subscriptions: readonly string[];
  /** The names of the scheduler's jobs, with one for each region where the function works in each. */
  jobs(regions: readonly string[]): readonly string[];
}

export function readDeployed(): Deployed {
  const file = deployedSchema.parse(JSON.parse(readFileSync(FILE, 'utf8')));
  return {
    topics: [...Object.keys(file.topics), file.deadLetters.topic],
    subscriptions: Object.keys(file.subscriptions),
    jobs: (regions) =>
      Object.entries(file.schedules).flatMap(([name, { perRegion }]) =>
        perRegion ? regions.map((region) => `${name}-${region}`) : [name],
      ),
  };
}
