import { z } from 'zod';

const messageSchema = z.object({
  id: z.int().optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});
export type Message = z.infer<typeof messageSchema>;

const targetSchema = z.object({ targetId: z.string() });
const sessionSchema = z.object({ sessionId: z.string() });

/** The DevTools protocol of one tab: https://chromedevtools.github.io/devtools-protocol/ */
export class DevTools {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #listeners = new Set<(message: Message) => void>();
  #session: string | undefined;
  #sent = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', (event) => this.#take(messageSchema.parse(JSON.parse(String(event.data)))));
    socket.addEventListener('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the browser closed the connection'));
    });
  }

  /** Opens a tab of the browser at the address. */
  static async open(address: string): Promise<DevTools> {
    const socket = new WebSocket(address);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error(`the browser did not answer at ${address}`)));
    await promise;
    const tools = new DevTools(socket);
    const { targetId } = targetSchema.parse(await tools.send('Target.createTarget', { url: 'about:blank' }));
    const attached = await tools.send('Target.attachToTarget', { targetId, flatten: true });
    tools.#session = sessionSchema.parse(attached).sessionId;
    return tools;
  }

  send(method: string, params: object = {}): Promise<unknown> {
    this.#sent += 1;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(this.#sent, answer);
    const session = this.#session === undefined ? {} : { sessionId: this.#session };
    this.#socket.send(JSON.stringify({ id: this.#sent, method, params, ...session }));
    return answer.promise;
  }

  /** Calls back for every event until the returned function is called. */
  listen(listener: (message: Message) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The next event of a name. */
  next(method: string): Promise<Message> {
    const { promise, resolve } = Promise.withResolvers<Message>();
    const stop = this.listen((message) => {
      if (message.method !== method) return;
      stop();
      resolve(message);
    });
    return promise;
  }

  close(): void {
    this.#socket.close();
  }

  #take(message: Message): void {
    if (message.id === undefined) {
      for (const listener of this.#listeners) listener(message);
      return;
    }
    const answer = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error === undefined) answer?.resolve(message.result);
    else answer?.reject(new Error(message.error.message));
  }
}
