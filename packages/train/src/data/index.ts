export type { ClipDataset } from './clip_dataset.js';
export { UNKNOWN_ACTION } from './key_log.js';
export type { DecodingProgress, RecordingOptions } from './open_recordings.js';
export { openRecordings } from './open_recordings.js';
export type { RecordOptions } from './record_world.js';
export { recordWorld } from './record_world.js';
export type { WriteVideoOptions } from './video_writer.js';
export { writeVideo } from './video_writer.js';
