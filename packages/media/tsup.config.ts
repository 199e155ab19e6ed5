import { bundle } from '../../tsup.base.js';

export default bundle(['src/index.ts', 'src/internal.ts', 'src/signing/index.ts']);
