import { SnowglobeError } from '@snowglobe/graph';
import type { Demuxer } from 'node-av/api';
import type { Stream } from 'node-av/lib';
import { loadFfmpeg, type Ffmpeg } from './ffmpeg.js';
import { frameTimes, type FrameTimes } from './frame_times.js';
import { unreadableVideo } from './unreadable_video.js';

/** What is known of a video file once all of it was walked through, without decoding a frame. */
export interface VideoFile extends FrameTimes {
  readonly ffmpeg: Ffmpeg;
  readonly path: string;
  /** Which of its streams is the recording. */
  readonly stream: number;
}

/** A rate that stands in a stream and is higher than this is that of a clock. */
const MOST_STATED = 300;
/** Packets between turns of the event loop. */
const PACKETS_A_TURN = 4096;

/**
 * Walks through a file for the stream that moves and the times of its frames.
 * @throws SnowglobeError for a file that cannot be read or has no video in it
 */
export async function inspectVideo(path: string): Promise<VideoFile> {
  const ffmpeg = await loadFfmpeg();
  const demuxer = openDemuxer(ffmpeg, path);
  try {
    const videos = demuxer.streams.filter((stream) => isVideo(ffmpeg, stream));
    if (videos.length === 0) {
      throw new SnowglobeError(`${path} has no video in it; give a recording of a game's screen`);
    }
    const times = new Map(videos.map(({ index }) => [index, [] as number[]]));
    const counts = new Map<number, number>();
    let walked = 0;
    for (const packet of demuxer.packetsSync()) {
      if (packet === null) continue;
      const { streamIndex, pts, dts } = packet;
      packet.free();
      if (++walked % PACKETS_A_TURN === 0) await new Promise(setImmediate);
      counts.set(streamIndex, (counts.get(streamIndex) ?? 0) + 1);
      // AVI, for one, knows no more than the order of decoding.
      const time = pts === ffmpeg.constants.AV_NOPTS_VALUE ? dts : pts;
      if (time !== ffmpeg.constants.AV_NOPTS_VALUE) times.get(streamIndex)?.push(Number(time));
    }
    const stream = recordingAmong(ffmpeg, videos, counts);
    const { num, den } = stream.timeBase;
    const stated = [stream.rFrameRate, stream.avgFrameRate, stream.codecpar.frameRate].map(asNumber);
    const found = frameTimes(times.get(stream.index)!, num / den, stated);
    // Without times, what stands in the stream itself counts, if it is no clock; the demuxer's rate would be FFmpeg's default.
    const inStream = asNumber(stream.codecpar.frameRate);
    return {
      ...{ ffmpeg, path, stream: stream.index },
      fps: found.fps ?? (inStream > 0 && inStream <= MOST_STATED ? inStream : undefined),
      shownAt: found.shownAt,
    };
  } catch (cause) {
    throw cause instanceof SnowglobeError ? cause : unreadableVideo(path, cause);
  } finally {
    demuxer.closeSync();
  }
}

/** @throws SnowglobeError for what is no video */
export function openDemuxer({ api }: Ffmpeg, path: string): Demuxer {
  try {
    return api.Demuxer.openSync(path);
  } catch (cause) {
    throw unreadableVideo(path, cause);
  }
}

/** Covers of songs and films are streams of one picture. */
function isVideo({ constants }: Ffmpeg, { codecpar, disposition }: Stream): boolean {
  const still = constants.AV_DISPOSITION_ATTACHED_PIC | constants.AV_DISPOSITION_TIMED_THUMBNAILS;
  return codecpar.codecType === constants.AVMEDIA_TYPE_VIDEO && (disposition & still) === 0;
}

/** The stream that moves; of several the one that the file names as its default, then the largest, then the first. */
function recordingAmong(
  { constants }: Ffmpeg,
  streams: readonly Stream[],
  counts: ReadonlyMap<number, number>,
): Stream {
  const rank = ({ index, disposition, codecpar }: Stream): number[] => [
    (counts.get(index) ?? 0) > 1 ? 1 : 0,
    disposition & constants.AV_DISPOSITION_DEFAULT ? 1 : 0,
    codecpar.width * codecpar.height,
  ];
  return streams.reduce((best, stream) => {
    const [own, other] = [rank(stream), rank(best)];
    const at = own.findIndex((value, i) => value !== other[i]);
    return at >= 0 && own[at]! > other[at]! ? stream : best;
  });
}

const asNumber = ({ num, den }: { readonly num: number; readonly den: number }): number =>
  num > 0 && den > 0 ? num / den : 0;
