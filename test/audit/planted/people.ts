import { INVOICE } from '../issued-month.ts';
import type { PlantedBreach } from './planted-breach.ts';

/** Who wrote, approved and released. */
export const PEOPLE_BREACHES: readonly PlantedBreach[] = [
  {
    what: 'a run approved by its author',
    sentence: 'nobody approved what they wrote',
    place: 'billing_runs 2026-10',
    statements: [`update billing_runs set author = approver`],
  },
  {
    what: 'a contract approved by its author',
    sentence: 'nobody approved what they wrote',
    place: 'contracts acme-1',
    statements: ['update contracts set approver = author'],
  },
  {
    what: 'a contract approved by its author’s service account',
    sentence: 'nobody approved what they wrote',
    place: 'contracts acme-1',
    statements: [
      `insert into principals values ('service:of-ana', 'service', '{approver}', 'person:ana')`,
      `update contracts set approver = 'service:of-ana'`,
    ],
  },
  {
    what: 'a plan approved by its author',
    sentence: 'nobody approved what they wrote',
    place: /^plan_approvals sha256:[0-9a-f]+ by person:ana$/,
    statements: [`update plan_approvals set approver = 'person:ana' where approver = 'person:ben'`],
  },
  {
    what: 'a waiver by one person',
    sentence: 'nobody approved what they wrote',
    place: 'completeness_waivers eu-west/requests/2026-10-01',
    statements: [
      `insert into completeness_waivers (region, source_id, day, author, approver, why, status, proposed_at, waived_at) values ('eu-west', 'requests', '2026-10-01', 'person:ana', 'person:ana', 'x', 'approved', '2026-11-01', '2026-11-01')`,
    ],
  },
  {
    what: 'a hold that nobody released',
    sentence: 'what was held went on by release',
    place: `${INVOICE} hold 1`,
    statements: [
      `insert into invoice_holds (invoice_id, hold, reason, detail, releasable, placed_by, placed_at) values ('${INVOICE}', 1, 'by_hand', 'x', true, 'person:ana', '2026-11-02')`,
    ],
  },
  {
    what: 'a hold released by who placed it',
    sentence: 'nobody approved what they wrote',
    place: `invoice_holds ${INVOICE}/1`,
    statements: [
      `insert into invoice_holds (invoice_id, hold, reason, detail, releasable, placed_by, placed_at, released_by, released_at, released_why) values ('${INVOICE}', 1, 'by_hand', 'x', true, 'person:ana', '2026-11-02', 'person:ana', '2026-11-02', 'x')`,
    ],
  },
];
