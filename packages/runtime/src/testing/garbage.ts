import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects, at once, what nobody holds; what is finalized between turns may free more. */
export const collectGarbage = runInNewContext('gc') as () => void;
