import type { Catalog } from '@snowglobe/runtime/internal/core';
import { parseCatalog } from '@snowglobe/runtime/internal/core';

/** @throws Error in one sentence when the site is not whole */
export async function loadCatalog(): Promise<Catalog> {
  const address = siteUrl('catalog.json');
  const response = await fetch(address, { cache: 'no-cache' });
  if (!response.ok) {
    throw new Error(
      `${address} cannot be loaded (the server says ${response.status}); build the site again.`,
    );
  }
  const value: unknown = await response.json().catch(() => undefined);
  const { refused, ...catalog } = parseCatalog(value, address);
  for (const sentence of refused) console.warn(sentence);
  return catalog;
}

/** A file of the site, wherever the site lies. */
export const siteUrl = (file: string): string => new URL(file, document.baseURI).href;

/** Where the server plays worlds, as a WebSocket's address. */
export const playUrl = (play: string): string => siteUrl(play).replace(/^http/, 'ws');
