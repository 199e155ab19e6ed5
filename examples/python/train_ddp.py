#!/usr/bin/env python3
"""Trains one stage of a Snowglobe world with several processes, on one machine or on many.

    snowglobe export clips --train dynamics --run w.run --batches 5000 --out step
    torchrun --standalone --nproc-per-node 2 train_ddp.py step w.run --steps 2000
    snowglobe train clips --run w.run --out w.safetensors

Needs `pip install onnxruntime numpy safetensors torch`; of torch it uses torch.distributed alone. All else is in the folder
that was exported, and its manifest.json says what: grads.onnx makes loss and gradients of a batch, apply.onnx new parameters
and moments of averaged gradients. In a step every process takes --accumulate batches, no other takes the same ones, and
gradients are averaged over all of them: the gradient of one batch as large as all together, where the loss is a mean over
its examples. Every machine needs the folder; the run folder is read and written by the first process alone. What is written
there is a checkpoint of `snowglobe train`, which goes on from it, and this program goes on from those of `snowglobe train`.
"""

import argparse
import json
import math
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import torch.distributed as dist
from safetensors import safe_open
from safetensors.numpy import load_file, save_file


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Trains an exported step; torchrun starts it.")
    parser.add_argument("step", type=Path, help="folder that snowglobe export --train wrote")
    parser.add_argument("run", type=Path, help="run folder of snowglobe train: checkpoint and log")
    parser.add_argument("--steps", type=int, required=True, help="of the whole stage, those taken before included")
    parser.add_argument("--accumulate", type=int, default=1, help="batches of each process in a step (default 1)")
    parser.add_argument("--threads", type=int, help="of each process (default: the cores, shared among processes)")
    parser.add_argument("--provider", default="CPUExecutionProvider", help="execution provider of ONNX Runtime")
    parser.add_argument("--checkpoint-every", type=float, default=180, help="seconds between checkpoints (180)")
    parser.add_argument("--log-every", type=int, default=20, help="steps between lines of the log (default 20)")
    return parser.parse_args()


class Workers:
    """The processes of this training. Started without torchrun there is one."""

    def __init__(self) -> None:
        self.rank, self.local_rank = (int(os.environ.get(name, 0)) for name in ("RANK", "LOCAL_RANK"))
        self.count, self.here = (int(os.environ.get(name, 1)) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
        if self.count > 1:
            dist.init_process_group("gloo")

    def sum(self, numbers: np.ndarray) -> None:
        """Replaces numbers by their sums over all processes."""
        if self.count > 1:
            dist.all_reduce(torch.from_numpy(numbers))

    def from_first(self, value):
        """What the first process has."""
        if self.count > 1:
            values = [value]
            dist.broadcast_object_list(values, src=0)
            return values[0]
        return value

    def close(self) -> None:
        if self.count > 1:
            dist.barrier()
            dist.destroy_process_group()


class Means:
    """Outputs of several runs, averaged; they lie side by side, so that one message carries them all."""

    def __init__(self, outputs: list[dict]) -> None:
        self.names = [output["name"] for output in outputs]
        self.shapes = [output["shape"] for output in outputs]
        self.ends = np.cumsum([math.prod(shape) for shape in self.shapes])
        self.sums = np.zeros(self.ends[-1], np.float32)

    def add(self, arrays: list[np.ndarray]) -> None:
        start = 0
        for array, end in zip(arrays, self.ends):
            self.sums[start:end] += array.reshape(-1)
            start = end

    def take(self, workers: Workers, runs: int) -> dict[str, np.ndarray]:
        """Means over `runs` runs of all processes together; the next sums begin at zero."""
        workers.sum(self.sums)
        pieces = np.split(self.sums / runs, self.ends[:-1])
        self.sums[:] = 0
        return {name: piece.reshape(shape) for name, shape, piece in zip(self.names, self.shapes, pieces)}


class Model:
    """An ONNX model that takes what it knows of what it is given."""

    def __init__(self, folder: Path, signature: dict, options: onnxruntime.SessionOptions, provider: tuple) -> None:
        self.session = onnxruntime.InferenceSession(folder / signature["file"], options, [provider])
        self.inputs = [value["name"] for value in signature["inputs"]]
        self.outputs = [value["name"] for value in signature["outputs"]]

    def run(self, values: dict[str, np.ndarray]) -> list[np.ndarray]:
        return self.session.run(self.outputs, {name: values[name] for name in self.inputs})


class Run:
    """The run folder: where training goes on from, and what is known of it. Of the first process alone."""

    def __init__(self, folder: Path, step: Path, manifest: dict) -> None:
        self.checkpoint = folder / manifest["checkpoint"]["file"]
        self.log = folder / manifest["checkpoint"]["log"]
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        start = self.checkpoint if self.checkpoint.exists() else step / manifest["initial"]
        with safe_open(start, "np") as file:
            self.state = json.loads(file.metadata()["checkpoint"])
        for key in ("stage", "seed", "data"):
            mine, its = self.state.get(key), manifest["checkpoint"]["state"].get(key)
            if mine != its:
                sys.exit(f"{start}: its {key} is {mine}, that of the exported step {its}; export the step anew.")
        self.tensors = load_file(start)
        # Lines of steps that will be taken again.
        whole = self.state["step"] - self.state["window"]["steps"]
        lines = [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []
        self.log.write_text("".join(json.dumps(line) + "\n" for line in lines if line["step"] <= whole))
        print(f"{self.state['stage']}: from step {self.state['step']} of {start}", file=sys.stderr)

    def count(self, step: int, seconds: float, metrics: dict[str, float]) -> None:
        self.state["step"] = step
        self.state["seconds"] += seconds
        window = self.state["window"]
        window["steps"] += 1
        for name, value in metrics.items():
            window["sums"][name] = window["sums"].get(name, 0) + value

    def append(self, rate: float, frames_per_second: float, gflops: float) -> None:
        """A line of the log: means over the steps since the one before."""
        window = self.state["window"]
        means = {name: total / window["steps"] for name, total in window["sums"].items()}
        line = {"step": self.state["step"], "seconds": self.state["seconds"], "loss": means.pop("loss"), "rate": rate}
        line |= {"framesPerSecond": frames_per_second, "gflops": gflops, "metrics": means}
        with self.log.open("a") as file:
            file.write(json.dumps(line) + "\n")
        self.state["window"] = {"steps": 0, "sums": {}}
        print(f"step {line['step']}: loss {line['loss']:.6g}, {frames_per_second:.0f} frames/s", flush=True)

    def save(self, tensors: dict[str, np.ndarray]) -> None:
        """The checkpoint before it is kept, as snowglobe train does."""
        waiting = self.checkpoint.with_name(self.checkpoint.name + ".next")
        save_file(tensors, waiting, {"checkpoint": json.dumps(self.state)})
        if self.checkpoint.exists():
            previous = self.checkpoint.name.replace(".safetensors", ".previous.safetensors")
            self.checkpoint.replace(self.checkpoint.with_name(previous))
        waiting.replace(self.checkpoint)


def rate_at(step: int, steps: int, schedule: dict) -> float:
    """Share of the learning rates at a step, counted from 1; a short training warms up in a tenth of its steps."""
    warmup = min(schedule["warmupSteps"], steps // 10)
    past = (step - 1) / steps - schedule["flatUntil"]
    fall = 0 if past <= 0 else (1 - schedule["finalShare"]) * past / (1 - schedule["flatUntil"])
    return (min(1, step / warmup) if warmup else 1) * (1 - fall)


def train(options: argparse.Namespace, manifest: dict, workers: Workers) -> None:
    session = onnxruntime.SessionOptions()
    session.log_severity_level = 3
    session.intra_op_num_threads = options.threads or max(1, (os.cpu_count() or 1) // workers.here)
    on_device = {"device_id": workers.local_rank} if "CUDA" in options.provider else {}
    gradients, update = (
        Model(options.step, manifest[part], session, (options.provider, on_device)) for part in ("gradients", "update")
    )
    run = Run(options.run, options.step, manifest) if workers.rank == 0 else None
    begun, tensors = workers.from_first((run.state["step"], run.tensors) if run else None)
    states = {f"state/{name}": tensor for name, tensor in tensors.items()}
    frozen = load_file(options.step / manifest["frozen"]) if manifest["frozen"] else {}
    fixed = {f"frozen/{name}": tensor for name, tensor in frozen.items()}

    batches, first = manifest["batches"], manifest["batches"]["first"]
    each_step = workers.count * options.accumulate
    seen = (options.steps - begun) * each_step / batches["count"]
    if run and seen > 1:
        print(f"every batch is seen {seen:.1f} times; export more with --batches", file=sys.stderr)

    def read(step: int, turn: int) -> dict[str, np.ndarray]:
        """The processes take batches in turns, so that together they go through the files in their order."""
        place = (step - first) * each_step + turn * workers.count + workers.rank
        tensors = load_file(options.step / batches["folder"] / f"{first + place % batches['count']:06d}.safetensors")
        return {f"batch/{name}": tensor for name, tensor in tensors.items()}

    turns = [(step, turn) for step in range(begun + 1, options.steps + 1) for turn in range(options.accumulate)]
    reader = ThreadPoolExecutor(1)
    coming = [reader.submit(read, *turn) for turn in turns[:1]]
    means = Means(manifest["gradients"]["outputs"])
    logged, logged_at = begun, time.monotonic()
    step_at = saved_at = logged_at
    for at, (step, turn) in enumerate(turns):
        batch = coming.pop().result()
        coming = [reader.submit(read, *next_turn) for next_turn in turns[at + 1 : at + 2]]
        means.add(gradients.run({**batch, **states, **fixed}))
        if turn + 1 < options.accumulate:
            continue
        values = means.take(workers, each_step)
        loss, rate = float(values["loss"]), rate_at(step, options.steps, manifest["schedule"])
        if not math.isfinite(loss):
            sys.exit(f"the loss became {loss} at step {step}; the last checkpoint is from before.")
        known = {**values, **states, "step": np.array(step, np.int32), "rate": np.array(rate, np.float64)}
        made = dict(zip(update.outputs, update.run(known)))
        states = {name: made["next/" + name.removeprefix("state/")] for name in states}
        if not run:
            continue

        now = time.monotonic()
        metrics = {name.removeprefix("metric/"): float(values[name]) for name in values if name.startswith("metric/")}
        run.count(step, now - step_at, {"loss": loss, **metrics, "gradientNorm": float(made["gradientNorm"])})
        step_at = now
        if step % options.log_every == 0 or step == options.steps:
            per_second = each_step * (step - logged) / (now - logged_at)
            run.append(rate, per_second * batches["framesPerBatch"], per_second * manifest["flopsPerBatch"] / 1e9)
            logged, logged_at = step, now
        if now - saved_at >= options.checkpoint_every or step == options.steps:
            run.save({name.removeprefix("state/"): tensor for name, tensor in states.items()})
            # Saving is not training.
            step_at = saved_at = time.monotonic()


def main() -> None:
    options = arguments()
    manifest = json.loads((options.step / "manifest.json").read_text())
    kind = (manifest.get("format"), manifest.get("version"))
    if kind != ("snowglobe-training-step", 1):
        sys.exit(f"{options.step}: is {kind}; this program takes version 1 of snowglobe-training-step.")
    workers = Workers()
    train(options, manifest, workers)
    workers.close()


if __name__ == "__main__":
    main()
