import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfiguration, TERRAFORM } from './configuration.ts';
import type { ProviderSchema } from './provider-schema/schema.ts';
import { schemaFaults } from './schema-faults.ts';
import { WIRING, wiringFaults } from './wiring.ts';

const elements = await readConfiguration();
const schema: ProviderSchema = JSON.parse(
  readFileSync(join(import.meta.dirname, 'provider-schema', 'google.json'), 'utf8'),
);

describe('what Terraform deploys follows from the manifests', () => {
  test('every entry of the manifests has its function, identity, schedule, topic, subscription, rights and alert', () => {
    expect(wiringFaults(elements)).toEqual([]);
  });

  test.each(WIRING.map((wire) => [`${wire.folder}: ${wire.address}`, wire] as const))(
    'a configuration without %s is found out',
    (name, wire) => {
      const without = elements.filter(({ folder, address }) => folder !== wire.folder || address !== wire.address);
      expect(wiringFaults(without)).toContain(`${name} is gone`);
    },
  );

  test('what is added beside the wiring must be declared in it', () => {
    const added = { folder: '.', address: 'google_project_iam_member.everybody_is_owner', body: {} };
    expect(wiringFaults([...elements, added])).toEqual([
      '.: google_project_iam_member.everybody_is_owner is not part of the wiring',
    ]);
  });
});

describe('what Terraform says is what the Google provider knows', () => {
  test('no argument is unknown, and none that is required is left out', () => {
    expect(elements.flatMap((element) => schemaFaults(schema, element))).toEqual([]);
  });

  test('a misspelt argument, a missing one and one that is computed are found, also in a nested block', () => {
    const body = {
      location: 'us-central1',
      url: 'https://function.example',
      service_config: [{ memory: '512Mi', dynamic: { secret_environment_variables: [{ content: [{ key: 'A' }] }] } }],
    };
    const faults = schemaFaults(schema, { folder: '.', address: 'google_cloudfunctions2_function.function', body });
    const place = '.: google_cloudfunctions2_function.function';
    expect(faults).toEqual([
      `${place} cannot be given url: the provider computes it`,
      `${place} lacks name`,
      `${place}.service_config has no argument memory`,
      `${place}.service_config.secret_environment_variables lacks project_id`,
      `${place}.service_config.secret_environment_variables lacks secret`,
      `${place}.service_config.secret_environment_variables lacks version`,
    ]);
  });
});

describe('secrets stay out of Terraform', () => {
  test('no resource writes the value of a secret', () => {
    expect(elements.filter(({ address }) => address.includes('secret_version'))).toEqual([]);
  });

  test('every alert that can be sent names a part of the runbook that exists', () => {
    const runbook = readFileSync(join(TERRAFORM, 'RUNBOOK.md'), 'utf8');
    const metrics: Record<string, { alerts: Record<string, { runbook: string }> }> = JSON.parse(
      readFileSync(join(TERRAFORM, 'generated', 'metrics.json'), 'utf8'),
    );
    const anchors = [
      ...Object.values(metrics).flatMap(({ alerts }) => Object.values(alerts).map((alert) => alert.runbook)),
      'database-disk',
      'database-connections',
      'database-down',
      'events-not-taken',
    ];
    expect(anchors.length).toBeGreaterThan(10);
    expect(anchors.filter((anchor) => !runbook.includes(`<a id="${anchor}"></a>`))).toEqual([]);
  });
});
