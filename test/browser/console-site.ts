/** An installation with the console open in Chromium, signed in as its owner, for the tests of one file. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { Installation } from '../harness/installation.ts';
import { ConsolePage, launchChromium, type ConsoleOptions } from './console-page.ts';

export interface ConsoleSite {
  readonly installation: Installation;
  readonly browser: Browser;
  readonly view: ConsolePage;
}

/**
 * Starts the site before the tests of a file and stops it after them; a test that fails tells what the page showed.
 * @param ready takes the site
 * @param prepare fills the installation before anybody looks
 */
export function onConsole(ready: (site: ConsoleSite) => void, options: ConsoleOptions = {}, prepare: (installation: Installation) => Promise<unknown> = () => Promise.resolve()): void {
  let stop = (): Promise<void> => Promise.resolve();
  let view: ConsolePage | undefined;

  beforeAll(async () => {
    const installation = await Installation.start();
    stop = () => installation.stop();
    const browser = installation.with(await launchChromium());
    await prepare(installation);
    view = await ConsolePage.open(browser, installation.control, options);
    await view.setUp(installation.control);
    ready({ installation, browser, view });
  }, 90_000);

  afterAll(() => stop());

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail' && view !== undefined) process.stderr.write(await view.describe());
  });
}
