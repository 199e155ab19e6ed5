/** The page, served with worlds, for the tests of a file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateWorlds } from '@snowglobe/runtime';
import type { PlayServer } from '@snowglobe/server';
import { createPlayServer } from '@snowglobe/server';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import type { WatchedPage } from './browser.js';
import { useBrowser } from './browser.js';
import { siteFolder, worldsFolder } from './folders.js';
import { waitForFrame } from './globe.js';

/** A picture that the default world never saw, as a file. */
export const prompt = (n: number): string => join(worldsFolder, 'prompts', `coinrun-${n}.png`);

export const byId = (page: Page, id: string): Locator => page.locator(`[data-testid=${id}]`);

/** The page with the default world and its small one. */
export async function serveCoinrun(): Promise<PlayServer> {
  const { worlds } = await locateWorlds();
  const server = await createPlayServer({
    page: siteFolder,
    worlds: worlds.filter(({ entry }) => entry.name.startsWith('coinrun')),
    port: 0,
    executor: { executor: 'onnx' },
  });
  await server.warm('coinrun');
  return server;
}

/** The page with the world of tiles that comes along. */
export const serveCrafter = (): Promise<PlayServer> => serveShipped('crafter');

/** The page with worlds that come along. */
export async function serveShipped(...names: readonly string[]): Promise<PlayServer> {
  const { worlds } = await locateWorlds();
  const server = await createPlayServer({
    page: siteFolder,
    worlds: worlds.filter(({ entry }) => names.includes(entry.name)),
    port: 0,
    executor: { executor: 'onnx' },
  });
  await server.warm(names[0]!);
  return server;
}

/** The page with one world, of a file. */
export async function serveWorld(path: string): Promise<PlayServer> {
  const { worlds } = await locateWorlds([path]);
  return createPlayServer({
    page: siteFolder,
    worlds: worlds.slice(0, 1),
    port: 0,
    executor: { executor: 'onnx' },
  });
}

export interface VisitOptions extends BrowserContextOptions {
  /** Default: that of the server. */
  readonly url?: string;
  /** A picture to start from, for worlds that bring none. */
  readonly picture?: string;
}

export interface ServedPage {
  readonly server: PlayServer;
  /** For files; removed in the end. */
  readonly folder: string;
  /** The page in its first frame, in a profile of its own. */
  visit(options?: VisitOptions): Promise<WatchedPage>;
}

/** @param serve given the folder */
export function usePage(serve: (folder: string) => Promise<PlayServer>): ServedPage {
  let server: PlayServer;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snowglobe-page-'));
    server = await serve(folder);
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  const open = useBrowser();
  return {
    get server() {
      return server;
    },
    get folder() {
      return folder;
    },
    async visit({ url = server.url, picture, ...options } = {}) {
      const watched = await open(options);
      await watched.page.goto(url);
      if (picture !== undefined) await byId(watched.page, 'choose').setInputFiles(picture);
      await waitForFrame(watched.page, 1);
      return watched;
    },
  };
}
