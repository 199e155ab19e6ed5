import { createHash } from 'node:crypto';

/** Sixteen letters that are the same for the same codes, or bytes, alone. */
export const digest = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);
