import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { SnowglobeError } from '@snowglobe/graph';

type C2pa = typeof import('@contentauth/c2pa-wasm');

/** A file that is in memory, and read without waiting. */
class BytesBlob extends Blob {
  constructor(readonly contents: Uint8Array<ArrayBuffer>) {
    super([contents]);
  }

  override slice(start?: number, end?: number): BytesBlob {
    return new BytesBlob(this.contents.slice(start, end));
  }
}

/** What the library reads blobs with: workers of pages have it, Node does not. */
class BytesReader {
  readAsArrayBuffer({ contents }: BytesBlob): ArrayBuffer {
    return contents.slice().buffer;
  }
}

const readerName = 'FileReaderSync';
let readers = 0;

/** Does something while blobs can be read without waiting, which is global to the process for as long only. */
async function withReader<T>(work: () => Promise<T>): Promise<T> {
  if (readers === 0 && !(readerName in globalThis)) {
    Object.defineProperty(globalThis, readerName, { value: BytesReader, configurable: true });
  }
  readers++;
  try {
    return await work();
  } finally {
    readers--;
    if (readers === 0 && Reflect.get(globalThis, readerName) === BytesReader) {
      Reflect.deleteProperty(globalThis, readerName);
    }
  }
}

let loading: Promise<C2pa> | undefined;

/** c2pa-rs in WebAssembly, which is installed by those who sign. */
function load(): Promise<C2pa> {
  loading ??= import('@contentauth/c2pa-wasm').then(
    (c2pa) => {
      const path = createRequire(import.meta.url).resolve('@contentauth/c2pa-wasm/c2pa.wasm');
      c2pa.initSync({ module: readFileSync(path) });
      return c2pa;
    },
    (cause: unknown) => {
      loading = undefined;
      throw new SnowglobeError('signing: needs a package; npm install @contentauth/c2pa-wasm.', { cause });
    },
  );
  return loading;
}

/** Neither the network nor pictures of its own making. */
const settings = JSON.stringify({
  version: 1,
  verify: { remote_manifest_fetch: false, ocsp_fetch: false },
  builder: { thumbnail: { enabled: false } },
});

/** What is to be signed, and how. */
export interface SignRequest {
  readonly file: Uint8Array;
  readonly mediaType: string;
  /** As c2pa-rs takes it. */
  readonly manifest: object;
  /** A file that this one came from, with the manifests that it has itself. */
  readonly ingredient?:
    { readonly file: Uint8Array; readonly mediaType: string; readonly about: object } | undefined;
  /** As C2PA calls it. */
  readonly algorithm: string;
  /** Of all signatures that `sign` makes. */
  readonly signatureBytes: number;
  sign(claim: Uint8Array): Uint8Array<ArrayBuffer>;
}

/**
 * Embeds a manifest into a file, signs it and reads the result back.
 * @throws SnowglobeError where the library is missing; what the library throws, of which `failuresIn` tells the reasons
 */
export async function embedManifest(request: SignRequest): Promise<Uint8Array> {
  const { file, mediaType, manifest, ingredient, algorithm, signatureBytes, sign } = request;
  const { WasmBuilder } = await load();
  const builder = WasmBuilder.fromJson(JSON.stringify(manifest), settings);
  const signer = {
    alg: algorithm,
    reserveSize: signatureBytes,
    sign: (claim: Uint8Array) => Promise.resolve(sign(claim)),
  };
  try {
    return await withReader(async () => {
      if (ingredient) {
        const { about, mediaType: type } = ingredient;
        await builder.addIngredientFromBlob(JSON.stringify(about), type, blobOf(ingredient.file));
      }
      return builder.sign(signer, [], mediaType, blobOf(file));
    });
  } finally {
    builder.free();
  }
}

const blobOf = (bytes: Uint8Array): BytesBlob => new BytesBlob(Uint8Array.from(bytes));

/** Why c2pa-rs refuses, in its own words; that it does not know the signer is no reason. */
export function failuresIn(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const statuses = text.matchAll(/code: "([\w.]+)"[^}]*?explanation: Some\("([^"]*)"\)[^}]*?kind: (\w+)/g);
  const failures = [...statuses].filter(
    ([, code, , kind]) => kind === 'Failure' && code !== 'signingCredential.untrusted',
  );
  return failures.map(([, code, why]) => `${code}: ${why}`).join('; ') || text;
}
