/** A phone in a browser: JsSIP in Chromium over WebSocket, with the browser's own media (a tone instead of a microphone). */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { resolve } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { build } from 'vite';
import { projectRoot } from './process.ts';

const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  // The edge shows a certificate of its own making; nobody grants a microphone here.
  '--ignore-certificate-errors', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
  // Host candidates as addresses, as there is no mDNS on a test machine.
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

/** The page's part and JsSIP as one script. */
async function bundle(): Promise<string> {
  const output = await build({
    root: projectRoot, configFile: false, logLevel: 'error',
    build: { write: false, minify: false, lib: { entry: resolve(projectRoot, 'test/harness/web-phone-page.js'), formats: ['iife'], name: 'page' } },
  });
  const [first] = Array.isArray(output) ? output : [output];
  if (first === undefined || !('output' in first)) throw new Error('Vite made no bundle of the phone');
  return first.output[0].code;
}

/** One Chromium for the phones of a test file. */
export class PhoneBrowser {
  readonly #browser: Browser;
  readonly #server: Server;

  private constructor(browser: Browser, server: Server) {
    this.#browser = browser;
    this.#server = server;
  }

  /** The page comes from a server of its own: browsers give microphones and local sockets to such origins only. */
  static async launch(): Promise<PhoneBrowser> {
    const script = (await bundle()).replaceAll('</script', '<\\/script');
    const server = createServer((_request, response) => void response.setHeader('content-type', 'text/html; charset=utf-8').end(`<!doctype html><title>phone</title><script>${script}</script>`));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PhoneBrowser(await chromium.launch({ executablePath: process.env['SIGNALBOX_CHROMIUM'] ?? '/usr/bin/chromium', args: flags }), server);
  }

  /**
   * Opens a phone that registers at once and answers calls at once.
   * @param url of the edge's listener, `wss://127.0.0.1:8443`
   */
  async phone(aor: string, url: string): Promise<WebPhone> {
    const context = await this.#browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    const at = this.#server.address();
    await page.goto(`http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}/`);
    await page.evaluate(`phone.start(${JSON.stringify(aor)}, ${JSON.stringify(url)})`);
    return new WebPhone(context, page);
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
  }
}

export class WebPhone {
  readonly page: Page;
  readonly #context: BrowserContext;

  constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
  }

  /** Waits until the phone has noted an event that begins so. */
  async saw(event: string, ms = 15_000): Promise<void> {
    try {
      await this.page.waitForFunction(`phone.saw(${JSON.stringify(event)})`, undefined, { timeout: ms });
    } catch {
      throw new Error(`the phone in the browser did not see "${event}" within ${ms} ms; it saw: ${String(await this.page.evaluate('phone.events.join(", ")'))}`);
    }
  }

  async call(target: string): Promise<void> {
    await this.page.evaluate(`phone.call(${JSON.stringify(target)})`);
  }

  async hangUp(): Promise<void> {
    await this.page.evaluate('phone.hangUp()');
  }

  /** Waits until audio has come from the other end. */
  async heard(ms = 15_000): Promise<void> {
    await this.page.waitForFunction('phone.packets().then((packets) => packets > 20)', undefined, { timeout: ms });
  }

  /** Ends the page as a user does who closes the tab. */
  async close(): Promise<void> {
    await this.#context.close();
  }
}
