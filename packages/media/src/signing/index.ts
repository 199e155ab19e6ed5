export type { Pem } from './credentials.js';
export type { ContentSigner, SignedContent, SignedFormat } from './signer.js';
export { openSigner, signedFormats } from './signer.js';
