/** Videos as recorders write them, for tests. */
import { loadFfmpeg } from '../ffmpeg.js';

export interface Shown {
  /** (height, width, 3) bytes. */
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** When it is shown, in milliseconds. */
  readonly time: number;
}

/**
 * Writes streams of frames with times of their own, in milliseconds and without a word of a rate, as a browser's recorder
 * does. Every byte is kept.
 * @param path .mkv
 */
export async function writeTimed(path: string, ...streams: readonly (readonly Shown[])[]): Promise<void> {
  const { api, lib, constants } = await loadFfmpeg();
  const muxer = api.Muxer.openSync(path);
  const encoded = streams.map((frames) => {
    const encoder = losslessEncoder(api);
    const index = muxer.addStream(encoder);
    const packets = frames.flatMap((frame) => encoder.encodeAllSync(frameOf(frame, lib, constants)));
    return { encoder, index, packets: [...packets, ...encoder.encodeAllSync(null)] };
  });
  for (const { encoder, index, packets } of encoded) {
    for (const packet of packets) {
      muxer.writePacketSync(packet, index);
      packet.free();
    }
    encoder.close();
  }
  muxer.closeSync();
}

/** A raw H.264 stream, which has no times; a rate stands in the stream itself. */
export async function rawH264(frames: readonly Omit<Shown, 'time'>[], fps: number): Promise<Buffer> {
  const { api, lib, constants } = await loadFfmpeg();
  const encoder = losslessEncoder(api);
  const packets = frames.flatMap((frame, time) =>
    encoder.encodeAllSync(frameOf({ ...frame, time }, lib, constants, fps)),
  );
  packets.push(...encoder.encodeAllSync(null));
  const bytes = Buffer.concat(packets.map(({ data }) => Buffer.from(data!)));
  encoder.close();
  return bytes;
}

type Ffmpeg = Awaited<ReturnType<typeof loadFfmpeg>>;

function losslessEncoder(api: Ffmpeg['api']): import('node-av/api').Encoder {
  return api.Encoder.createSync('libx264rgb' as Parameters<typeof api.Encoder.createSync>[0], {
    configure: (context) => {
      context.maxBFrames = 0;
      context.setOption('qp', '0');
    },
  });
}

function frameOf(
  { rgb, width, height, time }: Shown,
  lib: Ffmpeg['lib'],
  constants: Ffmpeg['constants'],
  clock = 1000,
): import('node-av/lib').Frame {
  return lib.Frame.fromVideoBuffer(Buffer.from(rgb), {
    ...{ width, height, format: constants.AV_PIX_FMT_RGB24, pts: BigInt(time) },
    timeBase: { num: 1, den: clock },
  });
}
