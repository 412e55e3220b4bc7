import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WIRING } from '../../terraform/wiring.ts';
import { openWorkspace, terraformMirror, type Workspace } from './terraform.ts';

const mirror = terraformMirror();
const MINUTE = 60_000;
/** What each module promises by itself; the whole deployment takes far longer to plan. */
const OF_MODULES = '-filter=tests/modules.tftest.hcl';

/** Without them nothing of what the manifests ask for would be noticed missing before somebody needs it. */
const GUARDED = WIRING.filter(
  ({ folder, address }) =>
    /subscription|_iam_member|alert_policy|scheduler_job|sql_user/.test(address) && folder !== '.',
);

describe.skipIf(mirror === undefined)(
  'the configuration, by Terraform itself (skipped: no terraform or no provider mirror)',
  () => {
    let workspace: Workspace;
    beforeAll(() => {
      workspace = openWorkspace(mirror ?? '');
    }, MINUTE);
    afterAll(() => workspace.remove());

    test('is formatted', () => {
      expect(workspace.run('fmt', '-check', '-recursive', '-diff')).toMatchObject({ code: 0 });
    });

    test('is valid against the schema of the provider', () => {
      expect(workspace.run('validate', '-no-color')).toMatchObject({ code: 0 });
    });

    test('passes its own tests with a mocked provider', { timeout: 3 * MINUTE }, () => {
      const { code, output } = workspace.run('test', '-no-color');
      expect(output).toMatch(/Success! \d+ passed, 0 failed/);
      expect(code).toBe(0);
    });

    test.each(GUARDED.map((wire) => [`${wire.folder}: ${wire.address}`, wire] as const))(
      'without %s it is no longer valid, or its tests fail',
      { timeout: 3 * MINUTE },
      (_name, { folder, address }) => {
        const file = join(workspace.folder, folder, 'main.tf');
        const whole = readFileSync(file, 'utf8');
        const [kind = '', name = ''] = address.split('.');
        const without = whole.replace(new RegExp(`resource "${kind}" "${name}" \\{[\\s\\S]*?\\n\\}\\n`), '');
        expect(without).not.toBe(whole);
        writeFileSync(file, without);
        try {
          const valid = workspace.run('validate', '-no-color');
          const passing = valid.code === 0 ? workspace.run('test', '-no-color', OF_MODULES) : valid;
          expect(passing.code, passing.output).not.toBe(0);
        } finally {
          writeFileSync(file, whole);
        }
      },
    );
  },
);
