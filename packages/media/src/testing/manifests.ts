/** Manifests of signed files, read and checked by c2pa-rs. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { initSync, WasmReader } from '@contentauth/c2pa-wasm';

interface Status {
  readonly code: string;
}

interface Manifest {
  readonly title: string;
  readonly claim_generator_info: readonly { readonly name: string; readonly version: string }[];
  readonly assertions: readonly {
    readonly label: string;
    readonly data: { readonly actions: readonly object[] };
  }[];
  readonly ingredients?: readonly {
    readonly relationship: string;
    readonly description: string;
    readonly active_manifest?: string;
  }[];
  readonly signature_info: { readonly alg: string; readonly common_name: string };
}

interface Store {
  readonly active_manifest: string;
  readonly manifests: Readonly<Record<string, Manifest>>;
  readonly validation_state: string;
  readonly validation_status?: readonly Status[];
  readonly validation_results: { readonly activeManifest: { readonly success: readonly Status[] } };
}

let isLoaded = false;

/** @param root PEM of a certificate that is trusted, beside none */
export async function readManifests(file: Uint8Array, mediaType: string, root: string) {
  if (!isLoaded) {
    const path = createRequire(import.meta.url).resolve('@contentauth/c2pa-wasm/c2pa.wasm');
    initSync({ module: readFileSync(path) });
    isLoaded = true;
  }
  const trust = JSON.stringify({ version: 1, trust: { user_anchors: root }, verify: { verify_trust: true } });
  const reader = await WasmReader.fromBytes(mediaType, file, trust);
  const store = JSON.parse(reader.json()) as Store;
  return {
    state: store.validation_state,
    failures: store.validation_status?.map(({ code }) => code) ?? [],
    passed: store.validation_results.activeManifest.success.map(({ code }) => code),
    manifest: store.manifests[store.active_manifest]!,
    manifests: store.manifests,
  };
}
