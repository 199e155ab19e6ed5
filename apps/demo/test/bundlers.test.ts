/** `import '@snowglobe/element'` in an otherwise empty project, built by what pages are built with most. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import metaUrl from '@chialab/esbuild-plugin-meta-url';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { encodeWorld } from '@snowglobe/model';
import { untrainedWorld } from '@snowglobe/runtime/testing';
// @ts-expect-error: its package.json does not export its declarations
import { importMetaAssets } from '@web/rollup-plugin-import-meta-assets';
import * as esbuild from 'esbuild';
import type { Browser } from 'playwright-core';
import { rollup } from 'rollup';
import { build, createServer } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import webpack from 'webpack';
import { launchBrowser, openPage, serveFolders } from './browser.js';
import { elementFolder, worldsFolder } from './folders.js';
import { globe, waitForFrame } from './globe.js';

let browser: Browser;
let folder: string;
let app: string;
const html = (script: string): string => `<!doctype html><html lang="en"><title>Mine</title>
<snow-globe run="cpu" src="/world.safetensors" prompt="/prompt.png"></snow-globe>
<script type="module" src="${script}"></script></html>`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-bundlers-'));
  app = join(folder, 'app');
  const installed = join(app, 'node_modules/@snowglobe/element');
  await mkdir(join(app, 'public'), { recursive: true });
  await cp(elementFolder, join(installed, 'dist'), { recursive: true });
  await cp(join(dirname(elementFolder), 'package.json'), join(installed, 'package.json'));
  await writeFile(join(app, 'public/world.safetensors'), encodeWorld(untrainedWorld()));
  await cp(join(worldsFolder, 'prompts/coinrun-1.png'), join(app, 'public/prompt.png'));
  await writeFile(join(app, 'index.html'), html('/main.js'));
  await writeFile(join(app, 'main.js'), "import '@snowglobe/element';\n");
  await writeFile(join(app, 'package.json'), '{"type":"module","dependencies":{"@snowglobe/element":"*"}}');
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

/** Draws frames, and misses nothing. */
async function plays(url: string): Promise<void> {
  const { page, complaints } = await openPage(browser);
  const missing: string[] = [];
  page.on('response', (response) => {
    if (response.status() >= 400 && !response.url().endsWith('favicon.ico')) missing.push(response.url());
  });
  await page.goto(url);
  await page.waitForSelector('snow-globe');
  await waitForFrame(page, 3).catch(async (error: unknown) => {
    throw new Error(
      `${String(error)}: ${await globe(page, (element) => element.error)} ${missing.join(' ')}`,
    );
  });
  expect([missing, complaints.filter((each) => !/favicon|404/.test(each))]).toEqual([[], []]);
  await page.context().close();
}

async function playsFrom(out: string): Promise<void> {
  const host = await serveFolders({ '/': out }, { '/': html('/main.js') });
  await cp(join(app, 'public'), out, { recursive: true });
  await plays(host.url);
  await host.close();
}

const vite = { logLevel: 'silent', configFile: false } as const;

test.each([[undefined], [['@snowglobe/element']]])(
  'Vite, while developing (not optimized: %s)',
  async (exclude) => {
    const server = await createServer({
      ...vite,
      root: app,
      cacheDir: join(folder, `cache-${exclude?.length ?? 0}`),
      server: { port: 0, host: '127.0.0.1' },
      ...(exclude && { optimizeDeps: { exclude } }),
    });
    await server.listen();
    await plays(server.resolvedUrls!.local[0]!);
    await server.close();
  },
);

test('Vite, built, for a folder of any host', async () => {
  const outDir = join(folder, 'vite/deep/down');
  await build({ ...vite, root: app, base: './', build: { outDir } });
  const host = await serveFolders({ '/deep/down/': outDir, '/': join(app, 'public') });
  await plays(`${host.url}deep/down/index.html`);
  await host.close();
});

test('webpack', async () => {
  const out = join(folder, 'webpack');
  const errors = await new Promise<unknown>((resolve, reject) =>
    webpack(
      { mode: 'production', context: app, entry: './main.js', output: { path: out }, performance: false },
      (error, stats) => (error ? reject(error) : resolve(stats!.toJson({ all: false, errors: true }).errors)),
    ),
  );
  expect(errors).toEqual([]);
  await playsFrom(out);
});

test('Rollup, with the plugin that the README names', async () => {
  const out = join(folder, 'rollup');
  const bundle = await rollup({
    input: join(app, 'main.js'),
    plugins: [nodeResolve(), importMetaAssets()],
    onLog: () => undefined,
  });
  await bundle.write({ dir: out, format: 'es' });
  await bundle.close();
  await playsFrom(out);
});

test('esbuild, with the plugin that the README names', async () => {
  const out = join(folder, 'esbuild');
  await esbuild.build({
    ...{ entryPoints: [join(app, 'main.js')], bundle: true, format: 'esm', outdir: out, logLevel: 'silent' },
    ...{ plugins: [metaUrl()], external: ['module', 'worker_threads'] },
  });
  await playsFrom(out);
});

test('esbuild, by itself: what has to be copied is named, and copying it helps', async () => {
  const out = join(folder, 'esbuild-alone');
  await esbuild.build({
    ...{ entryPoints: [join(app, 'main.js')], bundle: true, format: 'esm', outdir: out, logLevel: 'silent' },
  });
  const host = await serveFolders({ '/': out }, { '/': html('/main.js') });
  await cp(join(app, 'public'), out, { recursive: true });
  const { page } = await openPage(browser);
  await page.goto(host.url);
  await page.waitForFunction(
    () => (document.querySelector('snow-globe') as { error?: string } | null)?.error,
  );
  expect(await globe(page, (element) => element.error)).toMatch(
    /worker\.js is not there \(the server says 404\); copy worker\.js and the folder ort of @snowglobe\/element\/dist beside the script/,
  );
  await page.context().close();
  for (const name of ['worker.js', 'ort'])
    await cp(join(elementFolder, name), join(out, name), { recursive: true });
  await plays(host.url);
  await host.close();
});
