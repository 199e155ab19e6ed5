/** How fast it is, for those who want to know: `npm run test:long`. Prints what it measures. */
import type { SnowGlobe } from '@snowglobe/element';
import { locateWorlds } from '@snowglobe/runtime';
import type { PlayServer } from '@snowglobe/server';
import { createPlayServer } from '@snowglobe/server';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, openPage } from './browser.js';
import { siteFolder } from './folders.js';
import { globe, waitForFrame } from './globe.js';

const seconds = 30;

let browser: Browser;
let server: PlayServer;
beforeAll(async () => {
  const { worlds } = await locateWorlds();
  server = await createPlayServer({ page: siteFolder, worlds, port: 0, executor: { executor: 'onnx' } });
  await server.warm('coinrun');
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))]!;

/** Milliseconds from a key to the first frame that it moved, a few times. */
async function keyDelays(page: Page): Promise<number[]> {
  const delays: number[] = [];
  for (let i = 0; i < 20; i++) {
    const key = i % 2 === 0 ? 'ArrowRight' : 'ArrowLeft';
    const delay = page.evaluate(
      (action) =>
        new Promise<number>((resolve) => {
          const element = document.querySelector('snow-globe') as SnowGlobe;
          let pressed = 0;
          window.addEventListener('keydown', () => (pressed = performance.now()), {
            once: true,
            capture: true,
          });
          const listen = (): void => {
            if (pressed === 0 || element.replay().actions.at(-1) !== action) return;
            element.removeEventListener('frame', listen);
            requestAnimationFrame(() => resolve(performance.now() - pressed));
          };
          element.addEventListener('frame', listen);
        }),
      key === 'ArrowRight' ? 'right' : 'left',
    );
    await page.waitForTimeout(50 + 17 * (i % 5));
    await page.keyboard.down(key);
    delays.push(await delay);
    await page.keyboard.up(key);
    await page.waitForTimeout(150);
  }
  return delays;
}

/** Lengths of the main thread's tasks while `work` goes on, in ms. */
async function mainThreadTasks(page: Page, work: () => Promise<unknown>): Promise<number[]> {
  const client = await page.context().newCDPSession(page);
  const events: { name: string; ph: string; dur?: number; tid: number; args?: { name?: string } }[] = [];
  client.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as typeof events)));
  await client.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: {
      includedCategories: ['disabled-by-default-devtools.timeline', 'devtools.timeline', 'toplevel'],
    },
  });
  await work();
  const complete = new Promise((resolve) => client.once('Tracing.tracingComplete', resolve));
  await client.send('Tracing.end');
  await complete;
  const main = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ tid }) => tid),
  );
  return events
    .filter(({ name, ph, tid }) => ph === 'X' && main.has(tid) && /RunTask$/.test(name))
    .map(({ dur }) => (dur ?? 0) / 1000);
}

async function measure(run: 'server' | 'cpu', fps: number) {
  const { page, complaints } = await openPage(browser);
  const asked = performance.now();
  await page.goto(server.url);
  await waitForFrame(page, 1);
  const firstFrameMs = performance.now() - asked;
  if (run === 'cpu') {
    await page.locator('[data-testid=run]').selectOption('cpu');
    await page.waitForFunction(() => (document.querySelector('snow-globe') as SnowGlobe).place === 'cpu');
  }
  const delays = await keyDelays(page);
  await page.locator('[data-testid=speed]').selectOption(String(fps));
  let framesPerSecond = 0;
  const tasks = await mainThreadTasks(page, async () => {
    const begin = await globe(page, ({ index }) => [index, performance.now()] as const);
    await page.waitForTimeout(seconds * 1000);
    const end = await globe(page, ({ index }) => [index, performance.now()] as const);
    framesPerSecond = ((end[0] - begin[0]) / (end[1] - begin[1])) * 1000;
  });
  await page.context().close();
  const result = {
    ...{ run, fps, firstFrameMs, framesPerSecond },
    keyMsP50: quantile(delays, 0.5),
    keyMsMost: Math.max(...delays),
    tasks: tasks.length,
    taskMsP99: quantile(tasks, 0.99),
  };
  console.log(
    JSON.stringify(result, (_, value: unknown) =>
      typeof value === 'number' ? Math.round(value * 10) / 10 : value,
    ),
  );
  return { ...result, complaints };
}

describe.runIf(process.env['SNOWGLOBE_LONG_TESTS'])('two cores with the browser beside the world', () => {
  test('frames from the server', async () => {
    const usual = await measure('server', 24);
    expect(usual.firstFrameMs).toBeLessThan(2000);
    expect(usual.framesPerSecond).toBeGreaterThan(20);
    expect(usual.keyMsP50).toBeLessThan(100);
    expect(usual.taskMsP99).toBeLessThan(16);
    expect(usual.complaints).toEqual([]);
    const fast = await measure('server', 0);
    expect(fast.framesPerSecond).toBeGreaterThan(20);
  }, 200_000);

  test('WebAssembly', async () => {
    const fast = await measure('cpu', 0);
    expect(fast.framesPerSecond).toBeGreaterThan(8);
    expect(fast.taskMsP99).toBeLessThan(16);
    const usual = await measure('cpu', 24);
    expect(usual.keyMsP50).toBeLessThan(100);
  }, 200_000);
});
