/** What a thread with ONNX Runtime is asked and answers. Programs and variables are numbers there. */
import type * as ort from 'onnxruntime-common';
import type { TensorData } from '@snowglobe/graph';

/** A value that a model takes. */
export interface Fed {
  /** The model's name of it. */
  readonly value: string;
  readonly type: 'float32' | 'int32' | 'uint32';
  readonly shape: readonly number[];
}

/** A variable that is replaced by a result. */
export interface AssignedVariable {
  readonly variable: number;
  readonly value: string;
}

/** A variable some rows of which are replaced by results. */
export interface WrittenRows {
  readonly variable: number;
  readonly values: string;
  readonly indices: string;
  /** Numbers a row. */
  readonly width: number;
}

export interface RunRequest {
  readonly what: 'run';
  readonly program: number;
  readonly inputs: readonly (Fed & { readonly data: TensorData })[];
  /** With data where the thread does not have the newest yet, which it keeps. */
  readonly variables: readonly (Fed & { readonly variable: number; readonly data?: TensorData })[];
  /** The model's names of what is answered. */
  readonly outputs: readonly string[];
  readonly assignments: readonly AssignedVariable[];
  readonly rowWrites: readonly WrittenRows[];
}

/** Requests are carried out one after the other. */
export type WorkerRequest =
  | {
      readonly what: 'compile';
      readonly program: number;
      readonly model: Uint8Array;
      readonly options: ort.InferenceSession.SessionOptions;
    }
  | RunRequest
  | { readonly what: 'read'; readonly variable: number }
  | { readonly what: 'release'; readonly programs: readonly number[]; readonly variables: readonly number[] }
  /** The thread ends, which is the answer. */
  | { readonly what: 'end' };

/**
 * What both sides see at once. A thread must not be ended while ONNX Runtime computes, which would end the process: it raises an error that nobody can
 * hear then. So a process that exits says so, and waits while the thread is busy.
 */
export interface SharedState {
  /** 1 or 0: whether it is in ONNX Runtime; whether it may enter it no more. */
  readonly busy: Int32Array<SharedArrayBuffer>;
  readonly stopped: Int32Array<SharedArrayBuffer>;
}

/** What is answered to a request, by its number. */
export type WorkerReply = { readonly id: number } & (
  | { readonly data: readonly TensorData[] }
  /** ONNX Runtime's words. */
  | { readonly error: string }
  /** An index beyond the rows of a variable; nothing has changed. */
  | { readonly outside: { readonly variable: number; readonly index: number; readonly rows: number } }
);
