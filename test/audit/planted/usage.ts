import { INVOICE } from '../issued-month.ts';
import type { PlantedBreach } from './planted-breach.ts';

/** Checkpoints, their rows, and how they come into lines. */
export const USAGE_BREACHES: readonly PlantedBreach[] = [
  {
    what: 'a checkpoint taken out of the pins',
    sentence: 'a priced run rests on every cell, or on its waiver',
    place: /^2026-10#1 (eu-west|us-east)\/requests\/2026-10-0[123]$/,
    statements: [
      `delete from run_checkpoints where checkpoint_id = (select min(checkpoint_id) from checkpoints where metric = 'requests')`,
    ],
  },
  {
    what: 'a checkpoint taken out of the pins, behind a waiver that nobody has approved',
    sentence: 'a priced run rests on every cell, or on its waiver',
    place: /^2026-10#1 (eu-west|us-east)\/requests\/2026-10-0[123]$/,
    statements: [
      `insert into completeness_waivers (region, source_id, day, author, why, status, proposed_at) select region, source_id, day, 'person:ana', 'x', 'proposed', '2026-11-01' from checkpoints where checkpoint_id = (select min(checkpoint_id) from checkpoints where metric = 'requests')`,
      `delete from run_checkpoints where checkpoint_id = (select min(checkpoint_id) from checkpoints where metric = 'requests')`,
    ],
  },
  {
    what: 'a checkpoint that was pinned and is failed',
    sentence: 'a priced run rests on every cell, or on its waiver',
    place: /^2026-10#1 /,
    statements: [
      `update checkpoints set status = 'failed', revision = null, failure_reason = 'x' where checkpoint_id = (select min(checkpoint_id) from checkpoints)`,
    ],
  },
  {
    what: 'two current checkpoints of a cell',
    sentence: 'a cell has one current checkpoint',
    place: 'eu-west/requests/2026-10-01',
    statements: [
      'drop index one_current_checkpoint_per_cell',
      `insert into checkpoints (region, source_id, source_version, metric, day, status, revision, row_count, total, digest, evidence, started_at) select region, source_id, source_version, metric, day, status, 2, 0, 0, digest, evidence, started_at from checkpoints where region = 'eu-west' and metric = 'requests' and day = '2026-10-01'`,
    ],
  },
  {
    what: 'a usage row changed',
    sentence: 'a quantity is the roll-up of its rows',
    place: '2026-10#1 acme billed line requests, requests',
    statements: [
      `update usage_daily set quantity = 60 where metric = 'requests' and project_id = 'acme-app' and day = '2026-10-02' and region = 'eu-west'`,
    ],
  },
  {
    what: 'the peak of a project changed',
    sentence: 'a quantity is the roll-up of its rows',
    place: '2026-10#1 acme billed line peak:acme-app, peak_rps',
    statements: [
      `update usage_daily set quantity = 71 where metric = 'peak_rps' and day = '2026-10-02' and region = 'eu-west'`,
    ],
  },
  {
    what: 'a usage row taken away',
    sentence: 'a quantity is the roll-up of its rows',
    place: '2026-10#1 acme billed line requests, requests',
    statements: [
      `delete from usage_daily where metric = 'requests' and project_id = 'acme-app' and day = '2026-10-02' and region = 'eu-west'`,
    ],
  },
  {
    what: 'usage outside of the segments',
    sentence: 'a row is in a line or in a stated exclusion',
    place: `${INVOICE} requests`,
    statements: [
      `update invoices set document = jsonb_set(document::jsonb, '{segments,0,from}', '"2026-10-02"')::text`,
    ],
  },
  {
    what: 'an exclusion without usage',
    sentence: 'a row is in a line or in a stated exclusion',
    place: `${INVOICE} tokens`,
    statements: [
      `update invoices set document = jsonb_set(document::jsonb, '{exclusions}', '[{"metric": "tokens", "rows": 3, "quantity": "21", "reason": "metric_not_in_plan"}]')::text`,
    ],
  },
  {
    what: 'usage of nobody without an exception',
    sentence: 'usage that nobody pays for is an exception',
    place: '2026-10#1',
    statements: [`delete from exceptions where class = 'unbilled_usage'`],
  },
  {
    what: 'rows of a pinned checkpoint deleted',
    sentence: 'what a run rests on is there',
    place: /^eu-west\/requests\/2026-10-02@1$/,
    statements: [`delete from usage_daily where metric = 'requests' and day = '2026-10-02' and region = 'eu-west'`],
  },
  {
    what: 'a row added to a checkpoint',
    sentence: 'what a run rests on is there',
    place: /^eu-west\/requests\/2026-10-02@1$/,
    statements: [
      `insert into usage_daily select (jsonb_populate_record(u, '{"project_id": "ghost"}')).* from usage_daily u where metric = 'requests' and project_id = 'acme-app' and day = '2026-10-02' and region = 'eu-west'`,
    ],
  },
  {
    what: 'rows of two projects that changed their figures, as many and as much as before',
    sentence: 'what a run rests on is there',
    place: 'eu-west/requests/2026-10-02@1',
    statements: [
      `update usage_daily set project_id = project_id || '-x' where metric = 'requests' and day = '2026-10-02' and region = 'eu-west'`,
    ],
  },
  {
    what: 'a row that was given to another customer',
    sentence: 'what a run rests on is there',
    place: 'eu-west/requests/2026-10-02@1',
    statements: [
      `update usage_daily set customer_id = 'birch' where metric = 'requests' and project_id = 'acme-app' and day = '2026-10-02' and region = 'eu-west'`,
    ],
  },
];
