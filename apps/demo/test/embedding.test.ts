/** The tag in pages as other people have them: frames and policies. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { isolation } from './browser.js';
import { outcome, useEmbedded } from './embedded.js';
import { elementFolder, siteFolder } from './folders.js';

const embedded = useEmbedded();

describe('where pages come from', () => {
  test.each(['/frame', '/cdn-frame'])(
    'plays in a sandboxed frame, of an origin of its own (%s)',
    async (path) => {
      const { page, missing } = await embedded.visit(path);
      await expect.poll(() => page.frames().length).toBe(2);
      expect(await outcome(page.frames()[1]!)).toMatch(/wasm, 1 thread/);
      expect(missing).toEqual([]);
    },
  );

  test.each(['require-corp', 'credentialless'])(
    'plays with several threads on an isolated page that has it from another host (%s)',
    async (embedder) => {
      embedded.policy = { ...isolation, 'cross-origin-embedder-policy': embedder };
      const { page, missing, complaints } = await embedded.visit('/cdn');
      expect(await outcome(page)).toMatch(/wasm, [2-8] threads/);
      expect([missing, complaints]).toEqual([[], []]);
    },
  );

  test('a page that is opened as a file says what to do', async () => {
    const watched = await embedded.open();
    await watched.page.goto(pathToFileURL(join(siteFolder, 'index.html')).href);
    await expect
      .poll(() => watched.page.evaluate(() => document.body.innerText), { timeout: 20_000 })
      .toMatch(/does not run from a file[^]*npm start/);
  });

  test('importing it where there is no page does nothing', async () => {
    const module = (await import(pathToFileURL(join(elementFolder, 'snow-globe.js')).href)) as object;
    expect(Object.keys(module)).toEqual(['SnowGlobe']);
    // Others tell by these whether there is a page.
    for (const name of ['window', 'document', 'HTMLElement', 'customElements']) {
      expect(name in globalThis).toBe(false);
    }
  });
});

describe('policies of the page', () => {
  const csp = (text: string): void => void (embedded.policy = { 'content-security-policy': text });
  // The list of the README.
  const least =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";

  test('plays under the strictest that the README lists', async () => {
    csp(`${least}; require-trusted-types-for 'script'`);
    const { page } = await embedded.visit('/tag');
    expect(await outcome(page)).toMatch(/wasm/);
  });

  test.each([
    ["script-src 'self'", /forbids WebAssembly; add 'wasm-unsafe-eval' to its script-src/],
    ["worker-src 'none'", /forbids http:.*worker\.js; add http:\/\/localhost:\d+ to its worker-src/],
    [
      least.replace("connect-src 'self'", "connect-src 'none'"),
      /forbids http:.*tiny\.safetensors; add http:\/\/localhost:\d+ to its connect-src/,
    ],
  ])('%s: the sentence says what to allow', async (text, sentence) => {
    csp(text);
    const { page } = await embedded.visit('/tag');
    const said = await outcome(page);
    expect(said).toMatch(sentence);
    expect(said.length).toBeLessThan(250);
  });

  test('where only WebAssembly is forbidden, it plays by WebGPU', async () => {
    csp("script-src 'self'");
    const { page } = await embedded.visit('/auto');
    expect(await outcome(page)).toMatch(/SwiftShader/i);
  });

  test('a file that was not copied is named, with what to copy', async () => {
    for (const [file, name] of [
      ['**/worker.js', 'worker.js'],
      ['**/ort.wasm.min.js', 'ort/ort.wasm.min.js'],
      ['**/ort-wasm-simd-threaded.mjs', 'ort/ort-wasm-simd-threaded.mjs'],
      ['**/*.wasm', 'ort/ort-wasm-simd-threaded.wasm'],
    ] as const) {
      const watched = await embedded.open();
      await watched.page.route(file, (route) => route.fulfill({ status: 404, body: '' }));
      await watched.page.goto(new URL('/tag', embedded.url).href);
      expect(await outcome(watched.page)).toMatch(
        new RegExp(
          `element/${name} is not there \\(the server says 404\\); copy worker.js and the folder ort`,
        ),
      );
    }
  });
});
