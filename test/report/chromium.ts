import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';

/** Debian's Chromium; null where it is not installed. */
export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path)) ?? null;

/** How a page is opened. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly scheme: 'light' | 'dark';
}

type Message = Readonly<Record<string, unknown>>;

/**
 * A headless Chromium driven over its debugging pipe (`--remote-debugging-pipe`: JSON messages
 * ended by NUL).
 */
export class Chromium {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #waiting = new Map<number, (message: Message) => void>();
  #tab: unknown;
  #session: string | undefined;
  #next = 1;
  /** Console errors and warnings, exceptions and CSP violations of the open page. */
  problems: string[] = [];
  /** Addresses that the open page asked for, itself excepted. */
  requests: string[] = [];

  constructor() {
    if (chromiumPath === null) throw new Error('Expected /usr/bin/chromium: apt-get install chromium');
    this.#folder = mkdtempSync(join(tmpdir(), 'quantsweep-chromium-'));
    this.#process = spawn(
      chromiumPath,
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--remote-debugging-pipe',
        `--user-data-dir=${this.#folder}`,
        'about:blank',
      ],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
    );
    let text = '';
    (this.#process.stdio[4] as Readable).setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (text + chunk).split('\0');
      text = parts.pop() ?? '';
      for (const part of parts) this.#receive(JSON.parse(part) as Message);
    });
  }

  /**
   * Opens a file, or an http address, in a fresh tab and waits until its charts are drawn. The tab
   * before is closed: a live page would go on asking its server, and complain when that ends.
   */
  async open(page: string, { width, height, scheme }: View): Promise<void> {
    this.#session = undefined;
    const target = await this.#send('Target.createTarget', { url: 'about:blank' });
    if (this.#tab !== undefined) await this.#send('Target.closeTarget', { targetId: this.#tab });
    this.#tab = target['targetId'];
    this.problems = [];
    this.requests = [];
    const attached = await this.#send('Target.attachToTarget', { targetId: target['targetId'], flatten: true });
    this.#session = attached['sessionId'] as string;
    for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await this.#send(`${domain}.enable`, {});
    await this.#send('Emulation.setDeviceMetricsOverride', {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: width < 600,
    });
    await this.#send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
    await this.#send('Page.navigate', { url: page.startsWith('http:') ? page : pathToFileURL(page).href });
    await this.evaluate(
      `new Promise((done, fail) => { setTimeout(() => fail(new Error('The charts were not drawn within two minutes')), 120000); const look = () => document.readyState === 'complete' && document.documentElement.dataset.drawn ? setTimeout(done, 50) : setTimeout(look, 20); look(); })`,
    );
  }

  /** The value of a JavaScript expression in the page; promises are awaited. */
  async evaluate(expression: string): Promise<unknown> {
    const answer = await this.#send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (answer['exceptionDetails'] !== undefined)
      throw new Error(`In the page: ${JSON.stringify(answer['exceptionDetails'])}`);
    return (answer['result'] as Message)['value'];
  }

  /** Presses and releases a key of the keyboard, as a reader does. */
  async press(key: 'Tab' | 'Enter' | 'Space'): Promise<void> {
    const codes = { Tab: 9, Enter: 13, Space: 32 } as const;
    const name = key === 'Space' ? ' ' : key;
    const text = key === 'Tab' ? {} : { text: key === 'Enter' ? '\r' : ' ' };
    const event = { key: name, code: key, windowsVirtualKeyCode: codes[key] };
    await this.#send('Input.dispatchKeyEvent', { type: 'keyDown', ...event, ...text });
    await this.#send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
  }

  /** A PNG of the whole page, or of a band of it. */
  async screenshot(band?: { readonly y: number; readonly width: number; readonly height: number }): Promise<Buffer> {
    const clip = band === undefined ? {} : { clip: { x: 0, scale: 1, ...band } };
    const answer = await this.#send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true, ...clip });
    return Buffer.from(answer['data'] as string, 'base64');
  }

  /** Ends the browser. */
  async close(): Promise<void> {
    const ended = new Promise((done) => this.#process.once('exit', done));
    this.#session = undefined;
    void this.#send('Browser.close', {});
    await ended;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #send(method: string, params: Message): Promise<Message> {
    const id = this.#next++;
    const message = { id, method, params, ...(this.#session === undefined ? {} : { sessionId: this.#session }) };
    (this.#process.stdio[3] as Writable).write(`${JSON.stringify(message)}\0`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, (answer) => {
        if (answer['error'] === undefined) resolve(answer['result'] as Message);
        else reject(new Error(`${method}: ${JSON.stringify(answer['error'])}`));
      });
    });
  }

  #receive(message: Message): void {
    if (typeof message['id'] === 'number') {
      this.#waiting.get(message['id'])?.(message);
      this.#waiting.delete(message['id']);
      return;
    }
    const params = (message['params'] ?? {}) as Record<string, Message>;
    switch (message['method']) {
      case 'Runtime.exceptionThrown':
        this.problems.push(JSON.stringify(params['exceptionDetails']));
        break;
      case 'Runtime.consoleAPICalled':
      case 'Log.entryAdded':
        this.problems.push(JSON.stringify(params));
        break;
      case 'Network.requestWillBeSent': {
        const url = String(params['request']?.['url']);
        if ((params['type'] as unknown) !== 'Document') this.requests.push(url);
        break;
      }
    }
  }
}
