/**
 * What the portable archive leaves out of the installed packages: what other platforms need, what pages need, what reads videos (FFmpeg
 * alone is larger than all the rest; PNG frames and simulated games are read without it), and what only compilers and readers need.
 */
const packages = [
  '@lit',
  '@lit-labs',
  '@seydx',
  '@snowglobe/demo',
  '@snowglobe/element',
  '@types',
  '@webgpu',
  'lit',
  'lit-element',
  'lit-html',
  'mediabunny',
  'node-av',
  'onnxruntime-web',
  'typescript',
  'undici-types',
];

const patterns = [
  /^node_modules\/(\.bin|\.modules\.yaml|\.pnpm.*)$/,
  /\.map$/,
  /\.d\.[cm]?ts$/,
  /^pnpm-lock\.yaml$/,
  // Binaries of other platforms.
  /^node_modules\/onnxruntime-node\/bin\/napi-v\d+\/(?!linux$|linux\/x64)[^/]+(\/|$)/,
  /^node_modules\/onnxruntime-node\/bin\/napi-v\d+\/linux\/(?!x64)/,
  /^node_modules\/webgpu\/dist\/(darwin|win32|linux-arm64)/,
  /^node_modules\/@koromix\/koffi-linux-x64\/musl/,
  // Sources and manuals.
  /^node_modules\/koffi\/(doc|vendor)$/,
  /^node_modules\/.*\.(c|cc|cpp|h|hh|hpp|gyp|gypi)$/,
  /^node_modules\/(lodash\/fp|protobufjs\/(dist|cli)|flatbuffers\/(mjs|ts|js))$/,
  /\/(CHANGELOG|HISTORY|README)[^/]*$/i,
  // Float worlds do not compress; their quantized forms come along.
  /^node_modules\/@snowglobe\/runtime\/worlds\/[^/]*(?<!-int4)\.safetensors$/,
  // A whole browser; the software Vulkan driver beside it stays.
  /^node_modules\/@sparticuz\/chromium\/bin\/(?!swiftshader)/,
];

/** @param {string} path relative to the folder of the command line, with slashes */
export function isLeftOut(path) {
  return (
    packages.some((name) => path === `node_modules/${name}`) || patterns.some((pattern) => pattern.test(path))
  );
}
