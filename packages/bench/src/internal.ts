/** What other packages and apps of this repository use, and nobody else: it may change at any time. */
export { stoppedNote } from './make_record.js';
