/** A real Chromium on the console of an installation under test: watches for errors, asks axe, signs in. */
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import type { ControlPlane } from '../harness/installation.ts';

const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

export const owner = { name: 'Ada Byron', email: 'ada@edge.example', password: 'points and signals 1843' } as const;

export interface ConsoleOptions {
  readonly width?: number;
  readonly height?: number;
}

/** Debian's Chromium; `SIGNALBOX_CHROMIUM` names another one. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: process.env['SIGNALBOX_CHROMIUM'] ?? '/usr/bin/chromium', args: flags });

export class ConsolePage {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #base: string;
  /** Everything that the browser's console called an error, and uncaught exceptions. */
  readonly errors: string[] = [];

  private constructor(context: BrowserContext, page: Page, base: string) {
    this.#context = context;
    this.page = page;
    this.#base = base;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.errors.push(`${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => this.errors.push(`uncaught: ${error.message}`));
  }

  static async open(browser: Browser, control: ControlPlane, options: ConsoleOptions = {}): Promise<ConsolePage> {
    const context = await browser.newContext({
      viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
      colorScheme: 'light',
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(10_000);
    return new ConsolePage(context, await context.newPage(), `http://127.0.0.1:${control.port}`);
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(`${this.#base}${path}`);
  }

  /** Path and query of the address bar. */
  get path(): string {
    return this.page.url().slice(this.#base.length);
  }

  /** Creates the owner account with the link that the control plane printed. */
  async setUp(control: ControlPlane): Promise<void> {
    const [, link] = await control.process.line(/(\/setup\?token=[\w-]+)/);
    if (link === undefined) throw new Error('the set-up link is empty');
    await this.goto(link);
    await this.page.getByLabel('Your name').fill(owner.name);
    await this.page.getByLabel('Email').fill(owner.email);
    await this.page.getByLabel('Password', { exact: true }).fill(owner.password);
    await this.page.getByRole('button', { name: 'Create account and open the console' }).click();
    await this.page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  }

  async signIn(who: { readonly email: string; readonly password: string } = owner): Promise<void> {
    await this.goto('/sign-in');
    await this.page.getByLabel('Email').fill(who.email);
    await this.page.getByLabel('Password', { exact: true }).fill(who.password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  }

  /** Waits until the event stream is open: from then on nothing is missed. */
  async live(): Promise<void> {
    await this.page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
  }

  /** axe's violations of what is shown, one line a rule with the first element that breaks it; `rules` = only these. */
  async violations(rules: readonly string[] = []): Promise<readonly string[]> {
    const axe = new AxeBuilder({ page: this.page });
    const { violations } = await (rules.length === 0 ? axe : axe.withRules([...rules])).analyze();
    return violations.map(({ id, help, nodes }) => `${id}: ${help}; ${nodes[0]?.html ?? ''}`);
  }

  /** What a person would see, for failure messages. */
  async describe(): Promise<string> {
    return `at ${this.path}\n${await this.page.locator('body').innerText()}\n${this.errors.join('\n')}\n`;
  }

  close(): Promise<void> {
    return this.#context.close();
  }
}
