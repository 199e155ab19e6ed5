/** A `.wgsl` file is imported as its text: vitest, tsup and `scripts/source.mjs` each load it so. */
declare module '*.wgsl' {
  const code: string;
  export default code;
}
