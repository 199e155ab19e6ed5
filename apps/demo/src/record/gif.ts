import type { ContentLabel } from '@snowglobe/media';
import type { Frame } from '@snowglobe/runtime/browser';
import type { GifJob, GifReply } from './gif_worker.js';

/** Pixels a side at least: as small as the world itself, nobody could see it. */
const side = 256;

/** @throws Error in one sentence when the frames cannot be encoded */
export function encodeGifBeside(
  frames: readonly Frame[],
  fps: number,
  label: ContentLabel,
  onProgress: (share: number) => void,
): Promise<Blob> {
  const worker = new Worker(new URL('./gif_worker.ts', import.meta.url), { type: 'module' });
  return new Promise<Blob>((resolve, reject) => {
    worker.addEventListener('error', ({ message }) =>
      reject(new Error(`GIF: the encoder failed (${message || 'it did not load'}); try again.`)),
    );
    worker.addEventListener('message', ({ data }: MessageEvent<GifReply>) => {
      if ('done' in data) onProgress(data.done / frames.length);
      else if ('error' in data) reject(new Error(data.error));
      else resolve(new Blob([data.gif as Uint8Array<ArrayBuffer>], { type: 'image/gif' }));
    });
    const scale = Math.max(1, Math.round(side / Math.max(1, frames[0]?.width ?? 1)));
    const job: GifJob = {
      frames: frames.map(({ width, height, rgba }) => ({ width, height, rgba })),
      ...{ fps, scale, label },
    };
    worker.postMessage(job);
  }).finally(() => worker.terminate());
}
