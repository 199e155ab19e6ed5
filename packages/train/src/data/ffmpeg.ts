import { SnowglobeError } from '@snowglobe/graph';

/** The parts of node-av (FFmpeg for Node) that are used. */
export interface Ffmpeg {
  readonly api: typeof import('node-av/api');
  readonly lib: typeof import('node-av/lib');
  readonly constants: typeof import('node-av/constants');
}

let loading: Promise<Ffmpeg> | undefined;

/**
 * Loads FFmpeg when the first video is read or written: its binary is large, and training from a cache needs none of it.
 * Only its synchronous calls are of use: the asynchronous ones want Node 22.
 * @throws SnowglobeError where there is no binary for this platform
 */
export function loadFfmpeg(): Promise<Ffmpeg> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Ffmpeg> {
  try {
    const [api, lib, constants] = await Promise.all([
      import('node-av/api'),
      import('node-av/lib'),
      import('node-av/constants'),
    ]);
    // What goes wrong is thrown as well; on the terminal it would only tear up the progress line.
    lib.Log.setLevel(constants.AV_LOG_QUIET);
    return { api, lib, constants };
  } catch (cause) {
    throw new SnowglobeError(
      `video needs FFmpeg, which did not load on ${process.platform}-${process.arch} (${messageOf(cause)}); ` +
        'install again with optional dependencies, or use another machine to read the recordings',
      { cause },
    );
  }
}

/** What FFmpeg or the system says went wrong, on one line. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0]!.trim();
}
