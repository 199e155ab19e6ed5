/// <reference types="@webgpu/types" preserve="true" />
/** What Node and browsers share. */
export { createReferenceExecutor } from './reference/reference.js';
export type { OnnxOptions, OnnxRuntime } from './onnx/onnx.js';
export { createOnnxExecutor } from './onnx/onnx.js';
export type {
  Choice,
  DeviceBackend,
  DeviceCandidate,
  DeviceDescription,
  DeviceReport,
  Discovery,
  OpenDevice,
} from './devices/index.js';
export { borrowDevice, discoverBrowserDevices } from './devices/index.js';
export type { ChooseVariant, WebgpuExecutor, WebgpuExecutorOptions, WebgpuProgram } from './webgpu/index.js';
export { createWebgpuExecutor } from './webgpu/index.js';
export type { ExecutorReport } from './world/executor_choice.js';
export type { ActionTable } from './world/actions.js';
export type { OpenExecutor, WorldStats } from './world/engine.js';
export type { SessionSampling } from './world/sampling.js';
export type { ExportedValue } from './export/signature.js';
export type { ExportedWorld } from './export/export_world.js';
export { exportWorld } from './export/export_world.js';
export type { OpenedWeights } from './world/weights.js';
export { openWeights } from './world/weights.js';
export type { PromptImage } from './world/prompt.js';
export type { Frame } from './world/frame.js';
export type { MapPicture } from '@snowglobe/model';
export { Skin } from './world/skin.js';
export type { Session, Snapshot, StepOptions } from './world/session.js';
export type { SavedSession, Step, TimelineOptions } from './world/timeline.js';
export { Timeline } from './world/timeline.js';
export type { ImagineOptions, Imagined } from './world/imagine.js';
export type { LookAheadOptions } from './world/look_ahead.js';
export type { StartOptions } from './world/start_options.js';
export type { ResumeOptions, WorldOptions } from './world/world.js';
export type { WorldDevice } from './world/play_device.js';
export type { DeviceStatus } from './world/device_status.js';
export type { FrameTime, FrameTimes } from './placing/frame_times.js';
export type { FrameTimesKey, FrameTimesStore } from './placing/frame_times_file.js';
export type { Priority } from './placing/place.js';
export { World } from './world/world.js';
export type { Goal } from './catalog/about.js';
export type { Box, Discrete, MultiDiscrete, Observation } from './env/spaces.js';
export type { RewardFunction, TerminatedFunction, Transition } from './env/judge.js';
export type { Autoreset, WorldEnvOptions } from './env/env_options.js';
export type { SavedEnv } from './env/env_row.js';
export type {
  EnvInfo,
  EnvInfos,
  EnvReset,
  EnvResetOptions,
  EnvStep,
  EnvStepOptions,
  Observations,
} from './env/env_step.js';
export { WorldEnv } from './env/world_env.js';
export type {
  Channel,
  ConnectRequest,
  DecodePng,
  EncodePng,
  FrameFormat,
  GivenPrompt,
  HostEvent,
  HostOptions,
  KeepOptions,
  OpenedWorld,
  OpenRemoteOptions,
  OpenRequest,
  PixelImage,
  RemoteFrame,
  RemoteListeners,
  RemoteSessionOptions,
  RemoteStart,
  TileGrid,
  WorldHost,
  WorldInfo,
  WorldProgress,
} from './remote/index.js';
export {
  RemoteSession,
  RemoteWorld,
  hostWorld,
  openRemoteWorld,
  portChannel,
  socketChannel,
} from './remote/index.js';
export type { RestoreOptions, SessionFile } from './sessions/saved.js';
export { decodeSession, encodeSession, restoreSession } from './sessions/saved.js';
export type { SessionToken } from './sessions/identity.js';
export type { Checkpoint, SessionKey, SessionLease, SessionStore, StoredSession } from './sessions/store.js';
export type { MemoryStoreOptions } from './sessions/memory.js';
export type { KeeperOptions } from './sessions/keeper.js';
export { SessionKeeper } from './sessions/keeper.js';
export { createMemoryStore } from './sessions/memory.js';
export type { Replay, ToldSentence } from './replay/replay.js';
export { decodeReplay, encodeReplay } from './replay/replay.js';
export type { LinkedReplay, PromptSource } from './replay/link.js';
export { decodeReplayLink, encodeReplayLink, isReplayLink } from './replay/link.js';
export type { Tuning, TuningEntry, TuningStore } from './tuning/tuning.js';
export type { StateValues } from './world/state.js';
export type { ReferenceOptions } from './reference/reference.js';
export type { ExportOptions } from './export/export_world.js';
export type { Port, Socket } from './remote/channel.js';
export type { Repeated } from './webgpu/program.js';
export type { WebgpuStore } from './webgpu/store.js';
