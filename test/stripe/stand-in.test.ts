import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { verifyWebhook } from '../../shared/stripe/webhook.ts';
import { startStripeStandIn } from '../local-cloud/stripe/server.ts';
import { lines, localInvoice } from './invoices.ts';
import { createCustomer, makeDraft, openClient, send, startStripeTest, step, succeeded } from './stand-in.ts';

async function call(
  url: string,
  method: string,
  path: string,
  form = '',
): Promise<{ status: number; error?: { code?: string; param?: string } }> {
  const headers = { authorization: 'Bearer sk_test_daybook', 'content-type': 'application/x-www-form-urlencoded' };
  const response = await fetch(`${url}${path}`, method === 'GET' ? { headers } : { method, headers, body: form });
  return { ...((await response.json()) as object), status: response.status };
}

describe('parameters are checked as Stripe checks them', () => {
  test.each([
    ['POST', '/v1/invoices', 'customer=cus_daybook000001&foo=1', 'parameter_unknown', 'foo'],
    ['POST', '/v1/invoices', '', 'parameter_missing', 'customer'],
    [
      'POST',
      '/v1/invoices',
      'customer=cus_daybook000001&collection_method=send_invoice',
      'parameter_missing',
      'days_until_due',
    ],
    [
      'POST',
      '/v1/invoices',
      'customer=cus_daybook000001&auto_advance=yes',
      'parameter_invalid_boolean',
      'auto_advance',
    ],
    ['POST', '/v1/invoices', 'customer=cus_nobody', 'resource_missing', 'customer'],
    ['POST', '/v1/invoices/in_daybook000001/add_lines', '', 'parameter_missing', 'lines'],
    [
      'POST',
      '/v1/invoices/in_daybook000001/add_lines',
      'lines[0][amount]=1.5',
      'parameter_invalid_integer',
      'lines[0][amount]',
    ],
    [
      'POST',
      '/v1/invoices/in_daybook000001/add_lines',
      'lines[0][amount]=1&lines[0][a]=b',
      'parameter_unknown',
      'lines[0][a]',
    ],
    ['POST', '/v1/invoices/in_daybook000001/add_lines', 'lines[x][amount]=1', 'parameter_invalid_array', 'lines'],
    ['GET', '/v1/invoices?limit=101', '', 'parameter_invalid_integer', 'limit'],
    ['GET', '/v1/invoices/in_nobody', '', 'resource_missing', 'invoice'],
  ])('%s %s %s: %s', async (method, path, form, code, param) => {
    const { standIn, client, invoice } = await startStripeTest({ lines: [] });
    await makeDraft({ client, invoice });
    expect(await call(standIn.url, method, path, form)).toMatchObject({ error: { code, param } });
  });

  test('the 251st line is refused, and nothing of its request is added', async () => {
    const { standIn, client, invoice } = await startStripeTest({ lines: lines(249) });
    const draft = await makeDraft({ client, invoice });
    const form = 'lines[0][amount]=1&lines[1][amount]=2';
    expect(await call(standIn.url, 'POST', `/v1/invoices/${draft.id}/add_lines`, form)).toMatchObject({ status: 400 });
    expect(standIn.linesOf(draft.id)).toHaveLength(249);
    expect(await call(standIn.url, 'POST', `/v1/invoices/${draft.id}/add_lines`, 'lines[0][amount]=1')).toMatchObject({
      status: 200,
    });
  });

  test('fils that do not end in 0 are refused', async () => {
    const { standIn, invoice } = await startStripeTest({ lines: [] });
    const form = `customer=${invoice.stripeCustomerId}&currency=kwd`;
    expect(await call(standIn.url, 'POST', '/v1/invoices', form)).toMatchObject({ status: 200 });
    const id = standIn.invoices().at(-1)?.id;
    expect(await call(standIn.url, 'POST', `/v1/invoices/${id}/add_lines`, 'lines[0][amount]=5124')).toMatchObject({
      status: 400,
    });
  });

  test('a call without a test key, and a path that is not served, are refused', async () => {
    const { standIn } = await startStripeTest();
    expect((await fetch(`${standIn.url}/v1/invoices`)).status).toBe(401);
    expect(await call(standIn.url, 'POST', '/v1/charges')).toMatchObject({ status: 404 });
  });
});

describe('the stand-in remembers', () => {
  const journal = async () => {
    const directory = await mkdtemp(join(tmpdir(), 'daybook-stripe-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    return join(directory, 'state', 'stripe.jsonl');
  };

  test('what it answered, although it was killed right after: no step is lost or done twice', async () => {
    const statePath = await journal();
    const startProcess = async () => {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'stand-in-process.ts'), statePath], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      const [output] = (await once(child.stdout, 'data')) as [Buffer];
      const kill = async () => {
        child.kill('SIGKILL');
        await once(child, 'exit');
      };
      return { client: await openClient(output.toString().trim()), kill };
    };
    const first = await startProcess();
    const invoice = localInvoice({ stripeCustomerId: await createCustomer(first.client, 'acme') });
    const created = succeeded(await send(first.client, step(invoice, 'create')));
    await first.kill();
    const second = await startProcess();
    expect(await send(second.client, step(invoice, 'create'))).toMatchObject({
      kind: 'ok',
      replayed: true,
      object: { id: created.id },
    });
    const filled = succeeded(await send(second.client, step(invoice, 'add_lines:1'), created.id));
    await second.kill();
    const third = await startProcess();
    expect(succeeded(await send(third.client, step(invoice, 'add_lines:1'), created.id)).subtotal).toBe(
      filled.subtotal,
    );
    await third.kill();
  });

  test('nothing of a transaction whose line in the journal is torn', async () => {
    const statePath = await journal();
    const { standIn, client, invoice } = await startStripeTest({ lines: [] }, { statePath });
    await makeDraft({ client, invoice });
    await standIn.close();
    await appendFile(statePath, '[["invoices","in_torn",{"inv');
    const again = await startStripeStandIn({ port: 0, statePath });
    onTestFinished(() => again.close());
    expect(again.invoices().map((each) => each.id)).toEqual(standIn.invoices().map((each) => each.id));
    expect(await readFile(statePath, 'utf8')).not.toContain('in_torn');
  });
});

/** A receiver of webhooks that keeps what it takes; `answer` may refuse a delivery. */
async function receiveWebhooks(answer: (count: number) => number = () => 200) {
  const taken: { body: Buffer; signature: string }[] = [];
  let waiter: { count: number; resolve: () => void } | undefined;
  let deliveries = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      deliveries += 1;
      const status = answer(deliveries);
      if (status === 200)
        taken.push({ body: Buffer.concat(chunks), signature: String(request.headers['stripe-signature']) });
      response.writeHead(status).end();
      if (waiter !== undefined && taken.length >= waiter.count) waiter.resolve();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const until = (count: number): Promise<void> => {
    if (taken.length >= count) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    waiter = { count, resolve };
    return promise;
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, taken, until };
}

describe('webhooks', () => {
  const secret = 'whsec_local';
  const kindsOf = (taken: readonly { body: Buffer }[]) =>
    taken.map(({ body }) => (JSON.parse(body.toString()) as { type: string }).type);

  test('tell each change once, in order, signed so that we take them', async () => {
    const receiver = await receiveWebhooks();
    const { standIn, client, invoice } = await startStripeTest({}, { webhook: { url: receiver.url, secret } });
    const draft = await makeDraft({ client, invoice });
    succeeded(await send(client, step(invoice, 'finalize'), draft.id));
    standIn.pay(draft.id);
    await receiver.until(5);
    expect(kindsOf(receiver.taken)).toEqual([
      'customer.created',
      'invoice.created',
      'invoice.updated',
      'invoice.finalized',
      'invoice.paid',
    ]);
    for (const { body, signature } of receiver.taken) {
      const verdict = await verifyWebhook(body, signature, {
        secrets: [secret],
        livemode: false,
        account: null,
        now: new Date(),
      });
      expect(verdict.kind).toBe('verified');
    }
  });

  test('are delivered again until they are taken', async () => {
    const receiver = await receiveWebhooks((count) => (count < 3 ? 500 : 200));
    await startStripeTest({}, { webhook: { url: receiver.url, secret } });
    await receiver.until(1);
    expect(kindsOf(receiver.taken)).toEqual(['customer.created']);
  });

  test('that were held back can be delivered by hand, and are sent when delivery goes on', async () => {
    const receiver = await receiveWebhooks();
    const { standIn, client, invoice } = await startStripeTest();
    standIn.webhooks.mode = 'hold';
    standIn.webhooks.target = { url: receiver.url, secret };
    await makeDraft({ client, invoice });
    const [event] = standIn.events();
    if (event === undefined) throw new Error('there is no event');
    const { body, signature } = standIn.delivery(event, secret);
    const expectation = { secrets: [secret], livemode: false, account: null, now: new Date() };
    expect((await verifyWebhook(Buffer.from(body), signature, expectation)).kind).toBe('verified');
    standIn.webhooks.mode = 'deliver';
    standIn.webhooks.wake();
    await receiver.until(3);
    expect(receiver.taken).toHaveLength(3);
  });
});
