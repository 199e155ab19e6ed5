import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseRecord } from '@snowglobe/bench';
import sparticuz from '@sparticuz/chromium';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';
import sirv from 'sirv';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));
let browser: Browser;
let url: string;
let close: () => void;

beforeAll(async () => {
  await build({ root: folder, logLevel: 'warn', build: { outDir: 'dist' } });
  const files = sirv(`${folder}/dist`, { dev: true });
  const server = createServer((request, response) =>
    files(request, response, () => void response.writeHead(404).end()),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://localhost:${(server.address() as AddressInfo).port}/`;
  close = () => void server.close();
  browser = await chromium.launch({
    executablePath: await sparticuz.executablePath(),
    headless: true,
    args: [
      '--no-sandbox',
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      '--use-vulkan=swiftshader',
    ],
  });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  close?.();
});

async function openPage(path: string) {
  const page = await browser.newPage({ acceptDownloads: true });
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url + path);
  return { page, complaints };
}

test('kernels are timed in a browser with its own limits, and the record is a file that the command line reads', async () => {
  const { page, complaints } = await openPage('?filter=^(matmul|matmul-w4a16) 16x|^history 16');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('progressbar').waitFor();
  await page.getByText('Done.').waitFor({ timeout: 80_000 });
  const saved = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Save the record' }).click();
  const download = await saved;
  expect(download.suggestedFilename()).toMatch(/^[a-z0-9-]+-chrome-\d+\.json$/);
  const record = parseRecord(JSON.parse(await readFile(await download.path(), 'utf8')), 'the record');
  expect(record.refused).toEqual([]);
  expect(record.entries.map(({ family }) => family)).toEqual(['matmul', 'matmul-w4a16', 'history']);
  expect(await page.getByRole('row').count()).toBe(4);
  expect(complaints).toEqual([]);

  await page.addScriptTag({ path: createRequire(import.meta.url).resolve('axe-core') });
  const { violations } = await page.evaluate<{ violations: { id: string }[] }>('axe.run()');
  expect(violations.map(({ id }) => id)).toEqual([]);
});

test('a run can be stopped, and a browser without WebGPU gets a sentence', async () => {
  const { page } = await openPage('');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByText(/^1 of /).waitFor({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText('Stopped.').waitFor({ timeout: 60_000 });

  const without = await browser.newPage();
  await without.addInitScript('Object.defineProperty(navigator, "gpu", { value: undefined })');
  await without.goto(url);
  await without.getByRole('button', { name: 'Run', exact: true }).click();
  await expect.poll(() => without.getByRole('alert').textContent()).toMatch(/Use a browser with WebGPU/);
});
