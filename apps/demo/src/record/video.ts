import type { ContentLabel } from '@snowglobe/media';
import { mp4LabelBox, videoTags } from '@snowglobe/media/internal';
import type { Frame } from '@snowglobe/runtime/browser';

/** Pixels a side of the video. */
const side = 512;
const bitrate = 2_000_000;

/** What the browser can encode: MP4 if it can, which plays everywhere, else WebM. */
export async function videoFormat(): Promise<'mp4' | 'webm' | undefined> {
  if (!('VideoEncoder' in globalThis)) return undefined;
  const { getFirstEncodableVideoCodec } = await import('mediabunny');
  const codec = await getFirstEncodableVideoCodec(['avc', 'vp9', 'vp8', 'av1'], {
    width: side,
    height: side,
  });
  return codec === null ? undefined : codec === 'avc' ? 'mp4' : 'webm';
}

/** @throws Error in one sentence when this browser cannot encode video */
export async function encodeVideo(
  frames: readonly Frame[],
  fps: number,
  label: ContentLabel,
  onProgress: (share: number) => void,
): Promise<Blob> {
  const format = await videoFormat();
  const first = frames[0];
  if (!format || !first) throw new Error('Video: this browser cannot encode any; save a GIF instead.');
  const media = await import('mediabunny');
  const {
    BufferTarget,
    CanvasSource,
    Mp4OutputFormat,
    Output,
    WebMOutputFormat,
    getFirstEncodableVideoCodec,
  } = media;
  const codecs = format === 'mp4' ? (['avc'] as const) : (['vp9', 'vp8', 'av1'] as const);
  const codec = await getFirstEncodableVideoCodec([...codecs], { width: side, height: side });
  const small = new OffscreenCanvas(first.width, first.height);
  const large = new OffscreenCanvas(side, side);
  const [smallContext, context] = [small.getContext('2d')!, large.getContext('2d', { alpha: false })!];
  context.imageSmoothingEnabled = false;
  const target = new BufferTarget();
  const output = new Output({
    format: format === 'mp4' ? new Mp4OutputFormat({ metadataFormat: 'mdta' }) : new WebMOutputFormat(),
    target,
  });
  const source = new CanvasSource(large, { codec: codec!, bitrate });
  output.addVideoTrack(source, { frameRate: fps });
  output.setMetadataTags({ raw: videoTags(label) });
  await output.start();
  for (const [i, { rgba, width, height }] of frames.entries()) {
    smallContext.putImageData(new ImageData(rgba as Uint8ClampedArray<ArrayBuffer>, width, height), 0, 0);
    context.drawImage(small, 0, 0, side, side);
    await source.add(i / fps, 1 / fps);
    if (i % 10 === 0) {
      onProgress(i / frames.length);
      // The world plays on meanwhile.
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  await output.finalize();
  const parts = [target.buffer!, ...(format === 'mp4' ? [mp4LabelBox(label)] : [])];
  return new Blob(parts, { type: `video/${format}` });
}
