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

/** A variable that is replaced by a result; `of` is its place among the program's variables. */
export interface AssignedVariable {
  readonly of: number;
  readonly value: string;
}

/** A variable some rows of which are replaced by results. */
export interface WrittenRows {
  readonly of: number;
  readonly values: string;
  readonly indices: string;
  /** Numbers a row. */
  readonly width: number;
}

/** What a program takes and changes. */
export interface ProgramSignature {
  readonly inputs: readonly Fed[];
  readonly variables: readonly Fed[];
  readonly assignments: readonly AssignedVariable[];
  readonly rowWrites: readonly WrittenRows[];
}

export interface RunRequest {
  readonly what: 'run';
  readonly program: number;
  /** In the order of the signature, as are the variables. */
  readonly inputs: readonly TensorData[];
  /** With data where the thread does not have the newest yet, which it keeps. */
  readonly variables: readonly { readonly variable: number; readonly data?: TensorData }[];
  /** The model's names of what is answered. */
  readonly outputs: readonly string[];
}

/** Requests are carried out one after the other. */
export type WorkerRequest =
  | {
      readonly what: 'compile';
      readonly program: number;
      readonly model: Uint8Array;
      readonly options: ort.InferenceSession.SessionOptions;
      readonly signature: ProgramSignature;
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
  /** An index beyond the rows of a variable of the program; nothing has changed. */
  | { readonly outside: { readonly of: number; readonly index: number; readonly rows: number } }
);
