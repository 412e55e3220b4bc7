import { expect, test } from 'vitest';
import { functionNames, modulesOf, probe, unusedClients } from './imports.ts';

test('the probe sees every package that is loaded, and a client that the function has no use for is named', async () => {
  const { packages } = await probe(['stripe', '@slack/webhook', '@google-cloud/bigquery']);
  expect(packages).toEqual(expect.arrayContaining(['stripe', '@slack/webhook', '@google-cloud/bigquery']));
  expect(await unusedClients('issue-invoices', packages)).toEqual(
    expect.arrayContaining(['@google-cloud/bigquery', '@slack/webhook']),
  );
  expect(await unusedClients('issue-invoices', packages)).not.toContain('stripe');
});

test.each(functionNames())('%s starts without a client that it does not use', async (name) => {
  const { packages } = await probe(modulesOf(name));
  expect(packages).toContain('pg');
  expect(await unusedClients(name, packages)).toEqual([]);
});
