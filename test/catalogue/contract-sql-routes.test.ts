import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { approveContract, draftContract } from '../../shared/catalogue/contracts.ts';
import { submitPlan } from '../../shared/catalogue/plan-submission.ts';
import { activatePlan, approvePlan } from '../../shared/catalogue/plan-versions.ts';
import {
  ANA,
  ANAS_ROBOT,
  BEN,
  CHECK_VIOLATION,
  FAY,
  openSetting,
  PERMISSION_DENIED,
  type Setting,
  usagePlan,
  VIC,
  WHY,
} from './setting.ts';

let setting: Setting;
beforeAll(async () => {
  setting = await openSetting();
});
afterAll(() => setting.close());

async function submit(document: object): Promise<string> {
  const outcome = await submitPlan(setting.deps, { document, author: ANA, why: WHY });
  return outcome.planVersion ?? '';
}

describe('contracts by SQL', () => {
  let usage: string;
  beforeAll(async () => {
    usage = await submit(usagePlan('0.41'));
    await approvePlan(setting.deps, { planVersion: usage, approver: BEN, why: WHY });
    await activatePlan(setting.deps, { planVersion: usage, from: '2026-08-01', actor: ANA, why: WHY });
  });

  test('one with an error in its overrides is never approved', async () => {
    const drafted = await draftContract(setting.deps, {
      contractId: 'acme-faulty',
      customerId: 'acme',
      mode: 'usage',
      usagePlanVersion: usage,
      overrides: { parameters: { price_per_gb: '-1' } },
      startsOn: '2026-08-01',
      author: ANA,
    });
    expect(drafted).toMatchObject({ kind: 'drafted' });
    expect(drafted.kind === 'drafted' && drafted.diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
    expect(await approveContract(setting.deps, { contractId: 'acme-faulty', approver: BEN, why: WHY })).toMatchObject({
      kind: 'refused',
      reason: 'errors',
    });
    const approving = `update contracts set status = 'approved', approver = $1,
      acknowledged = array(select finding ->> 'code' from jsonb_array_elements(diagnostics) finding) where contract_id = 'acme-faulty'`;
    await expect(setting.asApplication(BEN, [approving, [BEN]])).rejects.toMatchObject({ code: CHECK_VIOLATION });
    await expect(setting.asApplication(BEN, "update contracts set diagnostics = '[]'")).rejects.toMatchObject({
      code: PERMISSION_DENIED,
    });
    await expect(setting.asApplication(BEN, "update contracts set overrides = '{}'")).rejects.toMatchObject({
      code: PERMISSION_DENIED,
    });
  });

  test('writing one by hand is not permitted', async () => {
    await expect(
      setting.asApplication(ANA, [
        `insert into contracts (contract_id, customer_id, mode, usage_plan_version, starts_on, status, author, approver, diagnostics)
         values ('by-hand', 'acme', 'usage', $1, '2026-08-01', 'draft', $2, $3, '[]')`,
        [usage, ANA, BEN],
      ]),
    ).rejects.toMatchObject({ code: PERMISSION_DENIED });
  });

  test("promise 23: neither the author nor somebody else's name approves one", async () => {
    await draftContract(setting.deps, {
      contractId: 'acme-1',
      customerId: 'acme',
      mode: 'usage',
      usagePlanVersion: usage,
      startsOn: '2026-08-01',
      author: ANA,
    });
    const approving = "update contracts set status = 'approved', approver = $1 where contract_id = 'acme-1'";
    await expect(setting.asApplication(ANA, [approving, [ANA]])).rejects.toMatchObject({ code: 'DB003' });
    await expect(setting.asApplication(ANAS_ROBOT, [approving, [ANAS_ROBOT]])).rejects.toMatchObject({ code: 'DB003' });
    await expect(setting.asApplication(ANA, [approving, [BEN]])).rejects.toMatchObject({ code: 'DB003' });
    await expect(setting.asApplication(VIC, [approving, [VIC]])).rejects.toMatchObject({ code: 'DB003' });
    await setting.asApplication(BEN, [approving, [BEN]]);
    const ending = "update contracts set status = 'ended', ends_on = '2026-09-01' where contract_id = 'acme-1'";
    await expect(setting.asApplication(VIC, ending)).rejects.toMatchObject({ code: 'DB003' });
    await expect(
      setting.asApplication(VIC, "update contracts set status = 'active' where contract_id = 'acme-1'"),
    ).rejects.toMatchObject({ code: 'DB003' });
    // Afterwards the approver stays who it was.
    await expect(
      setting.asApplication(FAY, ["update contracts set approver = $1 where contract_id = 'acme-1'", [FAY]]),
    ).rejects.toMatchObject({ code: 'DB002' });
    await expect(
      setting.asApplication(FAY, "update contracts set ends_on = '2026-09-01' where contract_id = 'acme-1'"),
    ).rejects.toMatchObject({ code: 'DB002' });
  });
});
