import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { DevTools, type Message } from './dev-tools.ts';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
];

/** The browser of this machine; undefined when it has none. */
export function findChromium(): string | undefined {
  return PLACES.find((place) => existsSync(place));
}

export interface View {
  /** CSS pixels. */
  readonly width: number;
  readonly scheme: 'light' | 'dark';
}

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--hide-scrollbars',
  '--remote-debugging-port=0',
];
const START_MS = 30_000;

/** What one visit to a page showed. */
export interface Visit {
  /** Errors of the page and what its security policy refused. */
  readonly complaints: readonly string[];
  /** Every address that was asked for. */
  readonly requests: readonly string[];
}

/** A headless browser with a fresh profile and one tab. */
export class Browser {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #tools: DevTools;

  private constructor(process: ChildProcess, profile: string, tools: DevTools) {
    this.#process = process;
    this.#profile = profile;
    this.#tools = tools;
  }

  static async start(executable: string): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), 'daybook-browser-'));
    const child = spawn(executable, [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const address = await debuggerAddress(child);
    const tools = await DevTools.open(address);
    await Promise.all(['Page', 'Log', 'Runtime', 'Network'].map((domain) => tools.send(`${domain}.enable`)));
    return new Browser(child, profile, tools);
  }

  /** Opens an address and waits until it is drawn. */
  async visit(address: string, view: View): Promise<Visit> {
    const complaints: string[] = [];
    const requests: string[] = [];
    const stop = this.#tools.listen((message) => {
      complaints.push(...complaintsOf(message));
      requests.push(...requestsOf(message));
    });
    const loaded = this.#tools.next('Page.loadEventFired');
    await this.#tools.send('Page.navigate', { url: address });
    await loaded;
    await this.look(view);
    stop();
    return { complaints, requests };
  }

  /** Shows the open page at another size or in other colours, and waits until it is drawn. */
  async look({ width, scheme }: View): Promise<void> {
    const size = { width, height: 900, deviceScaleFactor: 1, mobile: false };
    await this.#tools.send('Emulation.setDeviceMetricsOverride', size);
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    await this.#tools.send('Emulation.setEmulatedMedia', { features });
    // Two frames: what was loaded has been drawn, and what was refused has been reported.
    const drawn = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))';
    await this.evaluate(drawn, z.literal(true));
  }

  /** The value of an expression in the page, a promise awaited. */
  async evaluate<T>(expression: string, schema: z.ZodType<T>): Promise<T> {
    const answer = await this.#tools.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    return z.object({ result: z.object({ value: schema }) }).parse(answer).result.value;
  }

  /** The whole page as PNG. */
  async picture(): Promise<Buffer> {
    const answer = await this.#tools.send('Page.captureScreenshot', { captureBeyondViewport: true });
    return Buffer.from(z.object({ data: z.string() }).parse(answer).data, 'base64');
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#process.once('exit', () => resolve());
    this.#tools.close();
    this.#process.kill('SIGKILL');
    await promise;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

function debuggerAddress(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const patience = setTimeout(
    () => reject(new Error(`the browser said no debugging address within ${START_MS} ms: ${said}`)),
    START_MS,
  );
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
    if (found !== undefined) resolve(found);
  });
  child.once('exit', () => reject(new Error(`the browser ended at once: ${said}`)));
  return promise.finally(() => clearTimeout(patience));
}

const logSchema = z.object({ entry: z.object({ level: z.string(), text: z.string() }) });
const exceptionSchema = z.object({ exceptionDetails: z.object({ text: z.string() }) });
const requestSchema = z.object({ request: z.object({ url: z.string() }) });

function complaintsOf({ method, params }: Message): readonly string[] {
  if (method === 'Runtime.exceptionThrown') return [exceptionSchema.parse(params).exceptionDetails.text];
  if (method !== 'Log.entryAdded') return [];
  const { entry } = logSchema.parse(params);
  return entry.level === 'error' || entry.level === 'warning' ? [entry.text] : [];
}

function requestsOf({ method, params }: Message): readonly string[] {
  return method === 'Network.requestWillBeSent' ? [requestSchema.parse(params).request.url] : [];
}
