/** Whether this is a page or a worker of one. Bun, Deno and Node have much of a browser, and no word for how a page is isolated. */
export const isBrowser = (): boolean => globalThis.crossOriginIsolated !== undefined;
