import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { PersonError } from './person-error.ts';

const secretsSchema = z.object({
  stripeApiKey: z.string().startsWith('sk_test_'),
  webhookSecret: z.string().startsWith('whsec_'),
});

/** The secrets that the local stack's parts share. They open nothing outside of it. */
export type Secrets = z.infer<typeof secretsSchema>;

/** The data directory's own secrets, made at its first start. The file is readable by its owner only. */
export function localSecrets(path: string): Secrets {
  if (existsSync(path)) return readSecrets(path);
  const secrets: Secrets = {
    stripeApiKey: `sk_test_local${randomBytes(24).toString('hex')}`,
    webhookSecret: `whsec_${randomBytes(24).toString('hex')}`,
  };
  writeFileSync(`${path}.new`, JSON.stringify(secrets), { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return secrets;
}

function readSecrets(path: string): Secrets {
  try {
    return secretsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new PersonError(`${path} cannot be read (${String(error)}). Remove it: the next start makes new secrets.`);
  }
}
