import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TERRAFORM } from '../../terraform/configuration.ts';

const SCHEMA = join(TERRAFORM, '..', 'test', 'terraform', 'provider-schema', 'google.json');

/** A copy of the configuration with Terraform beside it, so that nothing is left in the repository. */
export interface Workspace {
  readonly folder: string;
  /** Runs Terraform there; `output` is all that it printed. */
  run(...given: readonly string[]): { readonly code: number; readonly output: string };
  remove(): void;
}

/** Undefined when this machine has no Terraform or no mirror of the provider (see .ci/real-parts/google-provider-schema.sh). */
export function terraformMirror(): string | undefined {
  const mirror = process.env.DAYBOOK_TERRAFORM_MIRROR;
  if (mirror === undefined || mirror === '') return undefined;
  return spawnSync('terraform', ['version'], { stdio: 'ignore' }).status === 0 ? mirror : undefined;
}

export function openWorkspace(mirror: string): Workspace {
  const root = mkdtempSync(join(tmpdir(), 'daybook-terraform-'));
  const folder = join(root, 'terraform');
  cpSync(TERRAFORM, folder, { recursive: true, filter: (path) => !path.includes('.terraform') });
  const settings = join(root, 'settings.tfrc');
  writeFileSync(settings, `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`);
  const env = {
    ...process.env,
    TF_CLI_CONFIG_FILE: settings,
    TF_DATA_DIR: join(root, 'data'),
    DAYBOOK_PROVIDER_SCHEMA: SCHEMA,
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
  };
  const run: Workspace['run'] = (...given) => {
    const { status, stdout, stderr } = spawnSync('terraform', [...given], { cwd: folder, env, encoding: 'utf8' });
    return { code: status ?? 1, output: stdout + stderr };
  };
  execFileSync('terraform', ['init', '-backend=false', '-no-color'], { cwd: folder, env, stdio: 'pipe' });
  return { folder, run, remove: () => rmSync(root, { recursive: true, force: true }) };
}
