import { bundle } from '../../tsup.base.js';

export default bundle([
  'src/index.ts',
  'src/internal.ts',
  'src/core.ts',
  'src/internal_core.ts',
  'src/browser.ts',
  'src/testing/index.ts',
]);
