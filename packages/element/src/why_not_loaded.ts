import { SnowglobeError } from '@snowglobe/graph';

/** What the content security policy of this page or worker has forbidden: the directive, by the address that it was about. */
const forbidden = new Map<string, string>();
let isWatching = false;

/** Remembers what the policy forbids from now on. */
export function watchPolicy(): void {
  if (isWatching) return;
  isWatching = true;
  // Node has neither.
  const target: Partial<EventTarget> = globalThis.document ?? globalThis;
  target.addEventListener?.('securitypolicyviolation', (event) => {
    const { blockedURI, effectiveDirective, disposition } = event as SecurityPolicyViolationEvent;
    if (disposition === 'enforce') forbidden.set(blockedURI.split('#')[0]!, effectiveDirective);
  });
}

/** How a policy names an address: scripts that stand in their own address by their scheme alone. */
const policyName = (address: string): string => /^(blob|data):/.exec(address)?.[1] ?? address.split('#')[0]!;

/**
 * What the policy has against an address, in a sentence that names what to allow.
 *
 * @param address as it was asked for: of the file, or a `blob:` or `data:` script that imports it
 */
export async function whyForbidden(address: string, file = address): Promise<SnowglobeError | undefined> {
  // The event comes in a task of its own.
  await new Promise((resolve) => setTimeout(resolve, 0));
  for (const each of [address, file]) {
    const directive = forbidden.get(policyName(each));
    if (directive === undefined) continue;
    const scheme = /^(blob|data):/.exec(each)?.[0];
    const source = scheme ?? new URL(file).origin;
    return new SnowglobeError(
      `this page's Content-Security-Policy forbids ${bare(file)}; add ${source} to its ${directive}.`,
    );
  }
  return undefined;
}

/**
 * Why one of the element's own files could not be loaded, in a sentence that names it and what to do.
 *
 * @param address as for `whyForbidden`
 * @returns undefined when nothing speaks against it
 */
export async function whyNotLoaded(address: string, file = address): Promise<SnowglobeError | undefined> {
  const policy = await whyForbidden(address, file);
  if (policy) return policy;
  const reason = await reasonOf(file);
  return reason === undefined ? undefined : new SnowglobeError(`${bare(file)} ${reason}.`);
}

const bare = (address: string): string => address.split('#')[0]!;
const copy =
  'copy worker.js and the folder ort of @snowglobe/element/dist beside the script that has the element in it';

async function reasonOf(file: string): Promise<string | undefined> {
  // Bun and Deno run files, which have no server.
  if (new URL(file).protocol === 'file:') return undefined;
  try {
    const response = await fetch(file, { cache: 'no-cache' });
    void response.body?.cancel();
    if (!response.ok) return `is not there (the server says ${response.status}); ${copy}`;
    // Servers of applications answer every address with their page.
    const type = response.headers.get('content-type') ?? '';
    if (/html/.test(type)) return `is not there (the server sends a page in its place); ${copy}`;
    if (/\.m?js$/.test(new URL(file).pathname) && !/javascript|ecmascript/.test(type)) {
      return `is served as '${type}', which browsers do not run; serve it as text/javascript`;
    }
    return undefined;
  } catch {
    if (!navigator.onLine) return 'cannot be loaded, as there is no network; try again';
    return new URL(file).origin === globalThis.origin
      ? 'cannot be loaded; check the network, and try again'
      : `cannot be loaded; its host has to allow this page (Access-Control-Allow-Origin), or ${copy}`;
  }
}
