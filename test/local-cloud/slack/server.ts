import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

const text = (limit: number) =>
  z.object({
    type: z.enum(['plain_text', 'mrkdwn']),
    text: z.string().min(1).max(limit),
    emoji: z.boolean().optional(),
  });
const messageSchema = z.strictObject({
  text: z.string().min(1).max(40_000),
  blocks: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('header'), text: text(150).extend({ type: z.literal('plain_text') }) }),
        z.strictObject({ type: z.literal('section'), text: text(3000) }),
        z.strictObject({ type: z.literal('divider') }),
      ]),
    )
    .max(50)
    .optional(),
  unfurl_links: z.boolean().optional(),
  unfurl_media: z.boolean().optional(),
});
export type SlackMessage = z.infer<typeof messageSchema>;

export type SlackFault =
  | { readonly kind: 'rate_limit'; readonly retryAfterSeconds: number }
  | { readonly kind: 'server_error' }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'hang' };

const HOOK_PATH = '/services/T00000000/B00000000/daybook';

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function parseMessage(body: string): SlackMessage | undefined {
  try {
    return messageSchema.safeParse(JSON.parse(body)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A receiver of incoming webhooks that keeps messages, checks them as Slack does, and fails when told to. */
export class SlackReceiver {
  readonly #messages: SlackMessage[] = [];
  readonly #faults: SlackFault[] = [];
  readonly #server = createServer((request, response) => this.#serve(request, response));

  /** The address to configure as the webhook. */
  get webhookUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${HOOK_PATH}`;
  }

  messages(): readonly SlackMessage[] {
    return this.#messages;
  }

  /** The next messages meet these faults, one each. */
  failNext(...faults: readonly SlackFault[]): void {
    this.#faults.push(...faults);
  }

  async listen(port: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    await promise;
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    bodyOf(request).then(
      (body) => this.#answer(request, body, response),
      (error: unknown) => {
        console.error('the Slack receiver failed:', error);
        response.destroy();
      },
    );
  }

  #answer(request: IncomingMessage, body: string, response: ServerResponse): void {
    const fault = this.#faults.shift();
    if (fault !== undefined) {
      this.#fail(response, fault);
      return;
    }
    const reply = (status: number, words: string) =>
      response.writeHead(status, { 'content-type': 'text/plain' }).end(words);
    if (request.method !== 'POST' || request.url !== HOOK_PATH) {
      reply(404, 'no_service');
      return;
    }
    const message = parseMessage(body);
    if (message === undefined) {
      reply(400, 'invalid_blocks');
      return;
    }
    this.#messages.push(message);
    reply(200, 'ok');
  }

  #fail(response: ServerResponse, fault: SlackFault): void {
    switch (fault.kind) {
      case 'rate_limit':
        response.writeHead(429, { 'retry-after': fault.retryAfterSeconds.toString() }).end('rate_limited');
        return;
      case 'server_error':
        response.writeHead(500).end('fatal_error');
        return;
      case 'revoked':
        response.writeHead(403).end('invalid_token');
        return;
      case 'drop':
        response.destroy();
        return;
      case 'hang':
        return;
    }
  }
}

/** Starts the receiver; 0 takes any free port. Rejects when the port is taken. */
export async function startSlackReceiver(port: number): Promise<SlackReceiver> {
  const receiver = new SlackReceiver();
  await receiver.listen(port);
  return receiver;
}
