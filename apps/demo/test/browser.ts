import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import sparticuz from '@sparticuz/chromium';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import sirv from 'sirv';
import { afterAll, afterEach, beforeAll } from 'vitest';

/** WebGPU on SwiftShader, and no talk with anyone but the tests. */
const flags = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan,WebGPU',
  '--use-webgpu-adapter=swiftshader',
  '--use-vulkan=swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
];

/** A real Chromium, from npm. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await sparticuz.executablePath(), headless: true, args: flags });
}

export interface WatchedPage {
  readonly page: Page;
  /** What the page complained about on its console, and errors that nobody caught. */
  readonly complaints: string[];
}

/** A page of its own profile, whose complaints are kept. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 800, height: 900 }, ...options });
  // As long as a test may take: on a busy machine a world opens in tens of seconds.
  context.setDefaultTimeout(80_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, complaints };
}

/** A browser for the tests of a file. @returns opens a page, which is closed after its test */
export function useBrowser(): (options?: BrowserContextOptions) => Promise<WatchedPage> {
  let browser: Browser;
  let opened: WatchedPage[] = [];
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    await Promise.all(opened.map(({ page }) => page.context().close()));
    opened = [];
  });
  return async (options) => {
    const watched = await openPage(browser, options);
    opened.push(watched);
    return watched;
  };
}

export interface StaticHost {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * A static host, as anyone has one.
 * @param folders by the path under which they are served
 * @param pages texts by path
 */
export async function serveFolders(
  folders: Readonly<Record<string, string>>,
  pages: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> | ((path: string) => Readonly<Record<string, string>>) = {},
): Promise<StaticHost> {
  const hosts = Object.entries(folders).map(([path, folder]) => ({
    path,
    serve: sirv(folder, { dev: true }),
  }));
  const server = createServer((request, response) => {
    const path = new URL(request.url!, 'http://host').pathname;
    const own = typeof headers === 'function' ? headers(path) : headers;
    for (const [name, value] of Object.entries(own)) response.setHeader(name, value);
    const text = pages[path];
    if (text !== undefined) {
      response.setHeader('content-type', 'text/html');
      response.end(text);
      return;
    }
    const host = hosts.find((each) => path.startsWith(each.path));
    if (host) request.url = request.url!.slice(host.path.length - 1);
    const missing = (): void => void response.writeHead(404).end();
    if (host) host.serve(request, response, missing);
    else missing();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What lets a page use several threads. */
export const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** Runs `code` in the element's worker before anything else. */
export async function beforeWorker(page: Page, code: string): Promise<void> {
  await page.route('**/element/worker.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${code};\n${await response.text()}` });
  });
}
