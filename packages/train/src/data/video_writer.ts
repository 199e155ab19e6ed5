import { randomUUID } from 'node:crypto';
import { appendFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import type { ContentLabel } from '@snowglobe/media';
import { mp4LabelBox, videoTags } from '@snowglobe/media/internal';
import { loadFfmpeg, messageOf } from './ffmpeg.js';

export interface WriteVideoOptions {
  readonly width: number;
  readonly height: number;
  /** Frames a second. */
  readonly fps: number;
  /**
   * True keeps every byte (H.264 in RGB: FFmpeg reads it, browsers do not).
   * False, the default, is small, looks the same and plays everywhere (H.264, 4:2:0).
   */
  readonly lossless?: boolean;
  /** What the file says of how it came to be; default: nothing. */
  readonly label?: ContentLabel | undefined;
}

const CONTAINERS = ['.mp4', '.mkv', '.mov'];
/** x264's quality for what need not be exact: hardly to be told from the original. */
const CRF = '14';
/** Frames between key frames, at most. */
const KEY_INTERVAL = 128;
/** Frames between turns of the event loop. */
const BATCH = 64;

/**
 * Writes frames as a video, whole or not at all.
 *
 * @param path where to; `.mp4`, `.mkv` or `.mov`
 * @param frames (height, width, 3) RGB bytes each
 * @returns how many frames were written
 * @throws SnowglobeError for another container, frames of the wrong size, no frames, or a disk that does not take them
 */
export async function writeVideo(
  path: string,
  frames: Iterable<Uint8Array>,
  options: WriteVideoOptions,
): Promise<number> {
  const { width, height, fps, lossless = false, label } = options;
  const container = extname(path).toLowerCase();
  if (!CONTAINERS.includes(container)) {
    throw new SnowglobeError(`${path}: video is written as ${CONTAINERS.join(', ')}; use one of these names`);
  }
  if (!(fps > 0) || !Number.isFinite(fps)) throw new SnowglobeError(`${path}: ${fps} is not a frame rate`);
  const { api, lib, constants } = await loadFfmpeg();
  // A rate such as 29.97 as a fraction of integers; exact for the usual ones.
  const rate = Number.isInteger(fps) ? { num: fps, den: 1 } : { num: Math.round(fps * 1001), den: 1001 };
  const timeBase = { num: rate.den, den: rate.num };
  // 4:2:0 has one colour for two by two pixels, so that sides must be even.
  const yuv =
    width % 2 === 0 && height % 2 === 0 ? constants.AV_PIX_FMT_YUV420P : constants.AV_PIX_FMT_YUV444P;

  // Beside the file, because a rename cannot cross file systems; with its ending, which tells FFmpeg the container.
  const temporary = join(dirname(path), `.${randomUUID()}.${basename(path)}`);
  let written = 0;
  try {
    const encoder = api.Encoder.createSync(
      lossless ? constants.FF_ENCODER_LIBX264RGB : constants.FF_ENCODER_LIBX264,
      {
        gopSize: KEY_INTERVAL,
        context: { framerate: new lib.Rational(rate.num, rate.den) },
        // Not as `options`: node-av 6.1 frees that dictionary twice, which ends the process at some later time.
        configure: (context) => {
          context.setOption('preset', 'medium');
          context.setOption(lossless ? 'qp' : 'crf', lossless ? '0' : CRF);
        },
      },
    );
    const muxer = api.Muxer.openSync(temporary, {
      // No random identifiers: the same frames give the same file. MP4 takes tags of any name as metadata keys.
      options: { fflags: '+bitexact', ...(container !== '.mkv' && { movflags: 'use_metadata_tags' }) },
      configure(context) {
        if (label) context.metadata = lib.Dictionary.fromObject(videoTags(label));
      },
    });
    const filter = api.FilterAPI.create(
      lossless
        ? 'format=rgb24'
        : `scale=flags=accurate_rnd+full_chroma_inp+bitexact:out_color_matrix=bt709,format=${lib.avGetPixFmtName(yuv)}`,
    );
    try {
      const stream = muxer.addStream(encoder);
      const write = (frame: import('node-av/lib').Frame | null): void => {
        for (const packet of encoder.encodeAllSync(frame)) {
          muxer.writePacketSync(packet, stream);
          packet.free();
        }
      };
      for (const rgb of frames) {
        if (rgb.length !== width * height * 3) {
          throw new SnowglobeError(
            `${path}: frame ${written} has ${rgb.length} bytes, ${width}x${height} RGB has ${width * height * 3}`,
          );
        }
        const frame = lib.Frame.fromVideoBuffer(Buffer.from(rgb.buffer, rgb.byteOffset, rgb.length), {
          width,
          height,
          format: constants.AV_PIX_FMT_RGB24,
          timeBase,
          pts: BigInt(written),
        });
        for (const converted of filter.processAllSync(frame)) {
          write(converted);
          converted.free();
        }
        frame.free();
        written += 1;
        if (written % BATCH === 0) await new Promise(setImmediate);
      }
      if (written === 0) throw new SnowglobeError(`${path}: there are no frames to write; give at least one`);
      write(null);
    } finally {
      filter.close();
      encoder.close();
      muxer.closeSync();
    }
    if (label && container !== '.mkv') await appendFile(temporary, mp4LabelBox(label));
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {}); // The first failure is the one to tell about.
    if (cause instanceof SnowglobeError) throw cause;
    throw new SnowglobeError(
      `${path} cannot be written (${messageOf(cause)}); see that the folder exists and has free space`,
      { cause },
    );
  }
  return written;
}
