/** The tag in pages of other people, for the tests of a file. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeWorld } from '@snowglobe/model';
import { untrainedWorld } from '@snowglobe/runtime/testing';
import type { SnowGlobe } from '@snowglobe/element';
import type { Frame, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { StaticHost, WatchedPage } from './browser.js';
import { serveFolders, useBrowser } from './browser.js';
import { elementFolder, worldsFolder } from './folders.js';

export const picture = '/worlds/prompts/coinrun-2.png';
export const tag = (attributes = '', base = ''): string =>
  `<snow-globe run="cpu" src="${base}/own/tiny.safetensors" prompt="${base}${picture}" ${attributes}></snow-globe>`;
const pageOf = (body: string, base = ''): string =>
  `<!doctype html><html lang="en"><title>A page of someone else</title>
<script type="module" src="${base}/element/snow-globe.js"></script><body>${body}</body></html>`;
const sandboxed = (inner: string): string =>
  `<!doctype html><iframe sandbox="allow-scripts" src="${inner}" width="300" height="300"></iframe>`;

export interface EmbeddedTag {
  readonly url: string;
  /** Headers of the page and of everything beside it, for one test. */
  policy: Readonly<Record<string, string>>;
  /** A page of its own profile. */
  open(): Promise<WatchedPage>;
  /** A page of the host, and the addresses at which it found nothing. */
  visit(path: string): Promise<WatchedPage & { readonly missing: string[] }>;
}

/** Pages of a host that have the tag from there and, under `/cdn`, from another host. */
export function useEmbedded(): EmbeddedTag {
  let folder: string;
  let host: StaticHost;
  let cdn: StaticHost;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snowglobe-embedding-'));
    await writeFile(join(folder, 'tiny.safetensors'), encodeWorld(untrainedWorld()));
    const folders = { '/element/': elementFolder, '/worlds/': worldsFolder, '/own/': folder };
    const open = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };
    cdn = await serveFolders(folders, {}, open);
    const far = cdn.url.slice(0, -1);
    host = await serveFolders(
      folders,
      {
        '/tag': pageOf(tag()),
        '/auto': pageOf(tag().replace('run="cpu"', '')),
        '/none': pageOf('<div id="stage"></div>'),
        '/unfilled': pageOf(tag('seed="{{seed}}" fps="" temperature="undefined" keymap="null"')),
        '/cdn': pageOf(tag('', far), far),
        '/frame': sandboxed('/tag'),
        '/cdn-frame': sandboxed('/cdn'),
      },
      () => ({ ...embedded.policy, 'access-control-allow-origin': '*' }),
    );
  });
  afterAll(async () => {
    await Promise.all([host.close(), cdn.close()]);
    await rm(folder, { recursive: true });
  });
  afterEach(() => {
    embedded.policy = {};
  });
  const open = useBrowser();
  const embedded: EmbeddedTag = {
    policy: {},
    get url() {
      return host.url;
    },
    open,
    async visit(path) {
      const watched = await open();
      const missing: string[] = [];
      watched.page.on('response', (response) => {
        if (response.status() >= 400 && !response.url().endsWith('favicon.ico')) missing.push(response.url());
      });
      await watched.page.goto(new URL(path, host.url).href);
      return { ...watched, missing };
    },
  };
  return embedded;
}

/** How it ends: the device on which it plays, or why it does not. */
export async function outcome(page: Page | Frame): Promise<string> {
  const handle = await page.waitForFunction(
    () => {
      const element = document.querySelector('snow-globe') as SnowGlobe;
      return element.index > 2 ? element.device : element.error;
    },
    undefined,
    { timeout: 60_000 },
  );
  return (await handle.jsonValue()) as string;
}
