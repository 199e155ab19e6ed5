/** Encodes a GIF beside the page: it takes seconds for a minute of play. */
import type { ContentLabel, Image } from '@snowglobe/media';
import { encodeGif, imageOf } from '@snowglobe/media';

export interface GifJob {
  readonly frames: readonly { width: number; height: number; rgba: Uint8ClampedArray }[];
  readonly fps: number;
  readonly scale: number;
  readonly label: ContentLabel;
}
export type GifReply = { readonly done: number } | { readonly gif: Uint8Array } | { readonly error: string };

const reply = (message: GifReply): void => postMessage(message);

addEventListener('message', ({ data: { frames, fps, scale, label } }: MessageEvent<GifJob>) => {
  function* images(): Generator<Image> {
    for (const [i, { width, height, rgba }] of frames.entries()) {
      if (i % 20 === 0) reply({ done: i });
      yield imageOf(rgba, width, height);
    }
  }
  try {
    reply({ gif: encodeGif(images(), { fps, scale, label }) });
  } catch (error) {
    reply({ error: error instanceof Error ? error.message : String(error) });
  }
});
