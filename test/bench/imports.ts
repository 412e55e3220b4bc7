import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Manifest } from '../../functions/manifest.ts';
import { type Benchmark, type Comparison, median } from './measure.ts';

const run = promisify(execFile);
const FUNCTIONS = join(import.meta.dirname, '..', '..', 'functions');
const PROBE = fileURLToPath(new URL('./import-probe.ts', import.meta.url));
const ROUNDS = 3;

/** Packages whose loading a cold start feels, with what a function must use to load them. */
const HEAVY_CLIENTS: Readonly<Record<string, string>> = {
  '@google-cloud/bigquery': 'bigquery',
  '@google-cloud/common': 'bigquery',
  '@google-cloud/pubsub': 'pubsub',
  'google-gax': 'pubsub',
  '@grpc/grpc-js': 'pubsub',
  'google-auth-library': 'pubsub',
  '@google-cloud/scheduler': 'scheduler',
  '@google-cloud/functions-framework': 'framework',
  '@slack/webhook': 'slack',
  stripe: 'stripe',
};

/** What every function has anyway: the database's client, and parsing. */
const BASE = ['pg', 'zod'];

const probeSchema = z.object({ milliseconds: z.number(), megabytes: z.number(), packages: z.array(z.string()) });
type Probe = z.infer<typeof probeSchema>;

/** Importing each function in a process of its own, against what every function needs. */
export const IMPORTS: Benchmark = {
  name: 'imports',
  run: async () => {
    const comparisons: Comparison[] = [];
    for (const name of functionNames()) {
      const [whole, reference] = await probeByTurns(modulesOf(name), BASE);
      const { megabytes, packages } = whole;
      const more = packages.filter((one) => !reference.packages.includes(one));
      const unused = await unusedClients(name, packages);
      comparisons.push({
        name: 'imports',
        measured: { what: name, milliseconds: whole.milliseconds },
        reference: { what: BASE.join(' and '), milliseconds: reference.milliseconds },
        notes: [
          `${megabytes.toFixed(0)} MB (${reference.megabytes.toFixed(0)} MB), beside them: ${more.join(', ') || 'no package'}`,
          ...unused.map((client) => `WRONG: ${name} loads ${client} and does not use it`),
        ],
      });
    }
    return comparisons;
  },
};

/** The functions that are deployed. */
export function functionNames(): string[] {
  return readdirSync(FUNCTIONS).filter((name) => existsSync(join(FUNCTIONS, name, 'handler.ts')));
}

/** What a function's process imports before its first call, without the web framework. */
export function modulesOf(name: string): readonly string[] {
  return [join(FUNCTIONS, 'world.ts'), join(FUNCTIONS, name, 'handler.ts')];
}

/** Clients among the packages that the function's manifest has no use for. */
export async function unusedClients(name: string, packages: readonly string[]): Promise<string[]> {
  const { manifest } = (await import(join(FUNCTIONS, name, 'manifest.ts'))) as { manifest: Manifest };
  return packages.filter((one) => one in HEAVY_CLIENTS && !partsOf(manifest).includes(HEAVY_CLIENTS[one] ?? ''));
}

function partsOf({ uses, publishes }: Manifest): readonly string[] {
  return publishes.length > 0 ? [...uses, 'pubsub'] : uses;
}

async function probeByTurns(one: readonly string[], other: readonly string[]): Promise<readonly [Probe, Probe]> {
  const probes: [Probe[], Probe[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    probes[0].push(await probe(one));
    probes[1].push(await probe(other));
  }
  return [typical(probes[0]), typical(probes[1])];
}

/** Imports modules in a process of its own. */
export async function probe(specifiers: readonly string[]): Promise<Probe> {
  const { stdout } = await run(process.execPath, [PROBE, ...specifiers]);
  return probeSchema.parse(JSON.parse(stdout));
}

function typical(probes: readonly Probe[]): Probe {
  return {
    milliseconds: median(probes.map(({ milliseconds }) => milliseconds)),
    megabytes: median(probes.map(({ megabytes }) => megabytes)),
    packages: probes[0]?.packages ?? [],
  };
}
