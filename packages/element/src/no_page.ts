/**
 * What the element's classes are made of where there is no page: importing the script on a server, or in a test, does nothing
 * and throws nothing. The build puts these names in the place of the global ones.
 */
const global = globalThis as Partial<typeof globalThis>;

export const HTMLElement = global.HTMLElement ?? (class {} as typeof globalThis.HTMLElement);
export const customElements =
  global.customElements ??
  ({ get: () => undefined, define: () => undefined } as unknown as CustomElementRegistry);
export const document =
  global.document ?? ({ createTreeWalker: () => ({}), createComment: () => ({}) } as unknown as Document);
