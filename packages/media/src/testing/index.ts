export type { CertificateChain } from './certificates.js';
export { certificateChain } from './certificates.js';
export { readManifests } from './manifests.js';
export { isInstalled } from './programs.js';
