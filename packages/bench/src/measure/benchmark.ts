import Imported from 'benchmark';
import lodash from 'lodash';
import platform from 'platform';

/** benchmark.js with what it would `require`, which bundles for browsers do not give it. */
export const Benchmark = Imported.runInContext({ _: lodash, platform }) as typeof Imported;

// In a page it compiles its loops through script elements, which look for it under its global name.
if (typeof document !== 'undefined') Object.assign(globalThis, { Benchmark });
