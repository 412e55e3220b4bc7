import { z } from 'zod';

/** What a buildpack needs of package.json. No scripts: what is in the archive is built already, and nothing is to be run. */
const packageSchema = z.object({
  name: z.string(),
  version: z.string(),
  private: z.literal(true),
  type: z.literal('module'),
  main: z.string(),
  dependencies: z.record(z.string(), z.string()),
});

const lockSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  lockfileVersion: z.literal(3),
  packages: z.record(z.string(), z.looseObject({ dev: z.boolean().optional() })),
});

/** The runtime that the archive is for. */
export const RUNTIME = { node: '24.x' } as const;

export interface ProductionPackage {
  readonly packageJson: string;
  readonly packageLock: string;
}

/** package.json and package-lock.json with nothing but what runs in production. Throws when they are not as expected. */
export function productionPackage(packageJson: string, packageLock: string): ProductionPackage {
  const manifest = { ...packageSchema.parse(JSON.parse(packageJson)), engines: RUNTIME };
  const lock = lockSchema.parse(JSON.parse(packageLock));
  const { name, version, dependencies } = manifest;
  const kept = Object.entries(lock.packages).filter(([path, entry]) => path !== '' && entry.dev !== true);
  const packages = { '': { name, version, dependencies, engines: RUNTIME }, ...Object.fromEntries(kept) };
  return {
    packageJson: `${JSON.stringify(manifest, null, 2)}\n`,
    packageLock: `${JSON.stringify({ ...lock, packages }, null, 2)}\n`,
  };
}
