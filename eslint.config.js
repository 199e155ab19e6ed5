/**
 * Rules that need types: promises that nobody awaits. Formatting is prettier's, everything else tsc's, depcruise's and knip's.
 * One project for all (tsconfig.lint.json): types that packages share are worked out once, not once a package.
 */
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(globalIgnores(['**/dist/**', 'docs/api/**', 'site/**']), {
  files: ['packages/**/*.ts', 'apps/**/*.ts', 'examples/**/*.{ts,js}'],
  languageOptions: {
    parser: tseslint.parser,
    parserOptions: { project: './tsconfig.lint.json', tsconfigRootDir: import.meta.dirname },
  },
  linterOptions: { reportUnusedDisableDirectives: 'error' },
  plugins: { '@typescript-eslint': tseslint.plugin },
  rules: {
    '@typescript-eslint/no-floating-promises': 'error',
    '@typescript-eslint/no-misused-promises': 'error',
  },
});
