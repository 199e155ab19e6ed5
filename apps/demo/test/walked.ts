/** Walks that are done again, as tests look at them. */
import type { SnowGlobe } from '@snowglobe/element';
import type { Page } from 'playwright-core';
import { globe } from './globe.js';

/** Codes and a checksum of the pixels of every frame so far. */
export const framesOf = (page: Page): Promise<string[]> =>
  globe(page, (element) =>
    element.frames.map(({ index, codes, rgba }) => {
      const sum = rgba.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5);
      return `${index} ${codes!.join()} ${sum}`;
    }),
  );

/** Waits until a walk that was begun is done. */
export const isWalked = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => {
    const element = document.querySelector('snow-globe') as SnowGlobe;
    return element.paused && element.walkLength === 0 && element.index > 0;
  });
