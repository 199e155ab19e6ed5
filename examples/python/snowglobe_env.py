"""Worlds of Snowglobe as Gymnasium environments, by ONNX Runtime alone: pip install onnxruntime gymnasium numpy

    snowglobe export crafter --out crafter.onnx                    # one world: SnowglobeEnv
    snowglobe export crafter --batch 16 --out crafter16.onnx       # side by side: SnowglobeVectorEnv

    env = SnowglobeVectorEnv("crafter16.onnx", prompts=["crafter-1.png"], num_envs=64, max_steps=200)
    observations, infos = env.reset(seed=7)
    observations, rewards, terminations, truncations, infos = env.step(env.action_space.sample())

A world has no notion of score: rewards are 0 and terminations False unless functions say otherwise (`reward`, `terminated`), and
infos["reward_from"] says so. The state of all worlds stays where ONNX Runtime computes, also on a GPU (`providers`); pictures alone come back.
Chance comes from NumPy, so a seed gives other frames here than in Snowglobe, and the same ones each time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
import onnxruntime as ort
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

Judge = Callable[[np.ndarray, np.ndarray, np.ndarray, dict[str, Any]], Any]
"""(observations before, actions, observations after, infos), for B environments at once: B rewards, or B times whether the episode ends."""

DTYPES = {"tensor(float)": np.float32, "tensor(int32)": np.int32, "tensor(uint32)": np.uint32}


class Worlds:
    """B worlds that one run of an exported file steps. Their state is in pairs of buffers on the device, which take turns."""

    def __init__(self, path: str, providers: Sequence[Any] | None, threads: int | None, sampling: dict[str, float | None]):
        options = ort.SessionOptions()
        options.log_severity_level = 3
        if threads is not None:
            options.intra_op_num_threads = threads
        self.session = ort.InferenceSession(path, options, providers=list(providers or ["CPUExecutionProvider"]))
        about = self.session.get_modelmeta().custom_metadata_map
        if about.get("format") != '"snowglobe-frame"':
            raise ValueError(f"{path} is no world that `snowglobe export` wrote; export one.")
        self.about = {name: json.loads(text) for name, text in about.items()}
        self.count: int = self.about.get("batch", 1)
        self.device = "cuda" if self.session.get_providers()[0].startswith("CUDA") else "cpu"
        inputs = {each.name: each for each in self.session.get_inputs()}
        self.shapes = {name: tuple(each.shape) for name, each in inputs.items()}
        self.dtypes = {name: DTYPES[each.type] for name, each in inputs.items()}
        self.states = [name for name in inputs if name.startswith("state/")]
        self.random = [name for name in inputs if name.endswith("Uniforms") or name == "rankNoise"]
        play = self.about.get("play", {})
        temperature = sampling["temperature"] if sampling["temperature"] is not None else play.get("temperature", 1)
        certainty = sampling["certainty"] if sampling["certainty"] is not None else play.get("certainty", 0)
        self.temperature = float(temperature)
        settings = {"temperature": temperature, "certainty": certainty, "confidenceThreshold": certainty, "event": 0}
        self.settings = {name: np.full(self.shapes[name], value, self.dtypes[name]) for name, value in settings.items() if name in inputs}
        unknown = set(inputs) - set(self.states) - set(self.random) - set(self.settings) - {"action"}
        if unknown:
            raise ValueError(f"{path} asks for {', '.join(sorted(unknown))}, which this file does not know; take the one of the same version.")
        self.outputs = [each.name for each in self.session.get_outputs()]
        self.now = {name: self._buffer(name) for name in self.states}
        self.next = {name: self._buffer(name) for name in self.states}

    def _buffer(self, name: str) -> ort.OrtValue:
        return ort.OrtValue.ortvalue_from_numpy(np.zeros(self.shapes[name], self.dtypes[name]), self.device, 0)

    def begin(self, rows: Sequence[int], pictures: Sequence[np.ndarray]) -> None:
        """Rows begin anew with pictures (H, W, 3); the others go on."""
        everything = len(rows) == self.count
        for name in self.states:
            # What goes on is read, changed and written back; where all begin anew there is nothing to read.
            value = np.zeros(self.shapes[name], self.dtypes[name]) if everything else np.array(self.now[name].numpy())
            parts = value.reshape(self.count, -1)
            parts[list(rows)] = 0
            if name == "state/frame":
                for row, picture in zip(rows, pictures, strict=True):
                    parts[row] = picture.astype(np.float32).reshape(-1) / 127.5 - 1
            self.now[name].update_inplace(value)

    def step(self, actions: np.ndarray, generators: Sequence[np.random.Generator | None], told: np.ndarray) -> dict[str, np.ndarray]:
        """Pictures (B, H, W, 3) and, of worlds that have any, codes of B worlds. Each takes its chance from its own generator; a row without one is idle."""
        binding = self.session.io_binding()
        binding.bind_cpu_input("action", actions.astype(np.int32))
        for name, value in self.settings.items():
            binding.bind_cpu_input(name, told.reshape(value.shape) if name == "event" else value)
        for name in self.random:
            binding.bind_cpu_input(name, self._chance(name, generators))
        for name in self.states:
            binding.bind_ortvalue_input(name, self.now[name])
            binding.bind_ortvalue_output(name.replace("state/", "next/"), self.next[name])
        wanted = [name for name in ("rgb", "codes") if name in self.outputs]
        for name in wanted:
            binding.bind_output(name, "cpu")
        self.session.run_with_iobinding(binding)
        self.now, self.next = self.next, self.now
        results = binding.get_outputs()
        return {name: np.array(results[len(self.states) + i].numpy()) for i, name in enumerate(wanted)}

    def _chance(self, name: str, generators: Sequence[np.random.Generator | None]) -> np.ndarray:
        shape, count = self.shapes[name], self.count
        by_rows = name in ("codeUniforms", "rankNoise")  # (S, B · N); others are (B, ...)
        own = (shape[0], shape[1] // count) if by_rows else shape[1:]
        drawn = [generator.random(own, dtype=np.float32) if generator else np.zeros(own, np.float32) for generator in generators]
        values = np.stack(drawn, axis=1 if by_rows else 0)
        if name == "rankNoise":
            left = 1 - np.arange(1, shape[0] + 1, dtype=np.float32) / shape[0]
            values = -np.log(-np.log(np.maximum(values, 1e-9))) * self.temperature * left[:, None, None]
        return np.ascontiguousarray(values.reshape(shape), dtype=np.float32)


def picture_of(prompt: Any, height: int, width: int) -> np.ndarray:
    """A prompt as bytes (H, W, 3): an array, or the path of a picture, which Pillow reads."""
    if isinstance(prompt, str):
        from PIL import Image

        prompt = np.asarray(Image.open(prompt).convert("RGB"))
    picture = np.asarray(prompt)
    if picture.shape != (height, width, 3) or picture.dtype != np.uint8:
        raise ValueError(f"a prompt is {picture.dtype} {picture.shape}; this world begins with uint8 {(height, width, 3)}.")
    return picture


class _Game:
    """What both kinds of environments share: worlds, prompts, and what steps are worth."""

    def __init__(self, path, prompts, num_envs, max_steps, reward, terminated, temperature, certainty, providers, threads):
        sampling = {"temperature": temperature, "certainty": certainty}
        first = Worlds(path, providers, threads, sampling)
        self.batch = first.count
        count = num_envs if num_envs is not None else self.batch
        if count < 1 or count % self.batch:
            raise ValueError(f"{path} steps {self.batch} worlds a run, so {count} environments are not whole runs; take a multiple, or export another batch.")
        self.runs = [first, *(Worlds(path, providers, threads, sampling) for _ in range(count // self.batch - 1))]
        _, height, width, _ = first.shapes["state/frame"]
        self.shape = (height, width, 3)
        self.prompts = [picture_of(prompt, height, width) for prompt in prompts]
        if not self.prompts:
            raise ValueError("no prompts were given to begin episodes with; give arrays or paths of pictures.")
        if max_steps is not None and max_steps < 1:
            raise ValueError(f"max_steps is {max_steps}; give at least 1, or None for no end.")
        self.actions: list[str] = first.about["actions"]
        self.events: list[str] = first.about.get("events", [])
        self.fps: float = first.about["config"]["fps"]
        self.count, self.max_steps = count, max_steps
        self.reward, self.terminated = reward, terminated
        self.reward_from = "a function" if reward else "nothing: it is always 0"
        self.steps = np.zeros(count, np.int64)
        # What the next step tells each world: numbers of events, from 1.
        self.told = np.zeros(count, np.int32)
        self.pictures = np.zeros((count, *self.shape), np.uint8)

    def begin(self, rows: Sequence[int], generators: Sequence[np.random.Generator]) -> None:
        for row in rows:
            self.pictures[row] = self.prompts[generators[row].integers(len(self.prompts))]
            self.steps[row] = self.told[row] = 0
        for i, worlds in enumerate(self.runs):
            own = [row for row in rows if row // self.batch == i]
            if own:
                worlds.begin([row - i * self.batch for row in own], [self.pictures[row] for row in own])

    def tell(self, event: str, rows: Sequence[int]) -> None:
        if event not in self.events:
            known = ", ".join(repr(each) for each in self.events)
            raise ValueError(f"{event!r} is no event of this world; " + (f"tell one of {known}." if known else "it knows none."))
        for row in rows:
            if not 0 <= row < self.count:
                raise ValueError(f"there is no environment {row!r}; give numbers from 0 to {self.count - 1}.")
        self.told[list(rows)] = self.events.index(event) + 1

    def step(self, actions: np.ndarray, generators: Sequence[np.random.Generator | None]):
        """(rewards, terminations, truncations, info) of all; what rows without a generator show means nothing."""
        before = self.pictures
        spans = [slice(i * self.batch, (i + 1) * self.batch) for i in range(len(self.runs))]
        results = [worlds.step(actions[span], generators[span], self.told[span]) for worlds, span in zip(self.runs, spans, strict=True)]
        self.told[:] = 0
        self.pictures = np.concatenate([result["rgb"] for result in results])
        self.steps += 1
        info = {"codes": np.concatenate([result["codes"] for result in results])} if "codes" in results[0] else {}
        if "codes" in info:
            info["codes"] = info["codes"].reshape(self.count, -1)
        rewards = np.zeros(self.count) if self.reward is None else self._judged("reward", before, actions, info, np.float64)
        ends = np.zeros(self.count, bool) if self.terminated is None else self._judged("terminated", before, actions, info, np.bool_)
        cut = np.zeros(self.count, bool) if self.max_steps is None else self.steps >= self.max_steps
        return rewards, ends, cut, info

    def _judged(self, name, before, actions, info, dtype) -> np.ndarray:
        values = np.array(getattr(self, name)(before, actions, self.pictures, info))
        if values.shape != (self.count,):
            raise ValueError(f"{name} gave {values.shape} for {self.count} environments; let it give one value for each.")
        return values.astype(dtype)

    def check(self, actions: Any) -> np.ndarray:
        values = np.asarray(actions)
        fits = values.shape == (self.count,) and np.issubdtype(values.dtype, np.integer)
        if not fits or (values < 0).any() or (values >= len(self.actions)).any():
            raise InvalidAction(f"actions {actions!r} are none; give {self.count} integers from 0 to {len(self.actions) - 1}.")
        return values


class SnowglobeVectorEnv(VectorEnv):
    """Worlds side by side, `num_envs` a multiple of the file's batch (default: one run). `reward` and `terminated` see all of them at once."""

    def __init__(
        self,
        path: str,
        prompts: Sequence[Any],
        num_envs: int | None = None,
        max_steps: int | None = None,
        reward: Judge | None = None,
        terminated: Judge | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        temperature: float | None = None,
        certainty: float | None = None,
        providers: Sequence[Any] | None = None,
        threads: int | None = None,
        render_mode: str | None = None,
    ):
        self._game = _Game(path, prompts, num_envs, max_steps, reward, terminated, temperature, certainty, providers, threads)
        self.num_envs, self.render_mode = self._game.count, render_mode
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {"render_modes": ["rgb_array"], "render_fps": self._game.fps, "autoreset_mode": self.autoreset_mode}
        self.single_observation_space = gym.spaces.Box(0, 255, self._game.shape, np.uint8)
        self.single_action_space = gym.spaces.Discrete(len(self._game.actions))
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.action_names, self.events = list(self._game.actions), list(self._game.events)
        self._generators: list[np.random.Generator | None] = [None] * self.num_envs
        self._over = np.ones(self.num_envs, bool)
        self._is_reset = False

    def reset(self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None):
        seeds = [None if seed is None else seed + i for i in range(self.num_envs)] if seed is None or isinstance(seed, (int, np.integer)) else list(seed)
        if len(seeds) != self.num_envs:
            raise ValueError(f"{len(seeds)} seeds for {self.num_envs} environments; give one for each.")
        mask = np.asarray((options or {}).get("reset_mask", np.ones(self.num_envs, bool)))
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
            raise ValueError(f"reset_mask must be {self.num_envs} booleans, at least one of them True.")
        if not self._is_reset and not mask.all():
            raise ResetNeeded("reset all environments before some of them.")
        for row in np.flatnonzero(mask):
            if seeds[row] is not None or self._generators[row] is None:
                self._generators[row], _ = seeding.np_random(seeds[row])
        self._begin(mask)
        self._is_reset = True
        return self._game.pictures.copy(), self._infos(mask, {})

    def tell(self, event: str, envs: Sequence[int] | None = None) -> None:
        """Lets the next step tell environments (default: all) what happens, one of `events`; those that it resets are told nothing."""
        self._game.tell(event, range(self.num_envs) if envs is None else envs)

    def step(self, actions: Any):
        actions = self._game.check(actions)
        if not self._is_reset:
            raise ResetNeeded("reset the environments before they step.")
        if self.autoreset_mode is AutoresetMode.DISABLED and self._over.any():
            raise ResetNeeded(f"the episodes of environments {np.flatnonzero(self._over).tolist()} have ended; reset them by a reset_mask.")
        anew = self._over.copy()
        going = [None if over else generator for over, generator in zip(anew, self._generators, strict=True)]
        rewards, ends, cut, info = self._game.step(actions, going)
        if anew.any():
            # Gymnasium's next step: nothing is done here, an episode begins.
            self._begin(anew)
            rewards[anew], ends[anew], cut[anew] = 0, False, False
        self._over = ends | cut
        infos = self._infos(np.ones(self.num_envs, bool), info)
        if self.autoreset_mode is AutoresetMode.SAME_STEP and self._over.any():
            over = self._over
            infos["final_obs"], infos["_final_obs"] = np.full(self.num_envs, None, object), over.copy()
            for row in np.flatnonzero(over):
                infos["final_obs"][row] = self._game.pictures[row].copy()
            infos["final_info"], infos["_final_info"] = {"step": self._game.steps.copy(), "_step": over.copy()}, over.copy()
            self._begin(over.copy())
            infos["step"] = self._game.steps.copy()
        return self._game.pictures.copy(), rewards, ends, cut, infos

    def render(self) -> tuple[np.ndarray, ...]:
        return tuple(self._game.pictures.copy())

    def _begin(self, mask: np.ndarray) -> None:
        self._game.begin(np.flatnonzero(mask).tolist(), self._generators)
        self._over[mask] = False

    def _infos(self, mask: np.ndarray, info: dict[str, Any]) -> dict[str, Any]:
        infos = {"step": self._game.steps.copy(), "_step": mask.copy(), "reward_from": self._game.reward_from}
        return {**infos, **{name: value.copy() for name, value in info.items()}}


class SnowglobeEnv(gym.Env):
    """One world, of a file without a batch. `reward` and `terminated` see arrays of one environment."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 24}

    def __init__(
        self,
        path: str,
        prompts: Sequence[Any],
        max_steps: int | None = None,
        reward: Judge | None = None,
        terminated: Judge | None = None,
        temperature: float | None = None,
        certainty: float | None = None,
        providers: Sequence[Any] | None = None,
        threads: int | None = None,
        render_mode: str | None = None,
    ):
        self._game = _Game(path, prompts, 1, max_steps, reward, terminated, temperature, certainty, providers, threads)
        self.render_mode = render_mode
        self.metadata = {**self.metadata, "render_fps": self._game.fps}
        self.observation_space = gym.spaces.Box(0, 255, self._game.shape, np.uint8)
        self.action_space = gym.spaces.Discrete(len(self._game.actions))
        self.action_names, self.events = list(self._game.actions), list(self._game.events)
        self._is_reset = False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        super().reset(seed=seed)
        self._game.begin([0], [self.np_random])
        self._is_reset = True
        return self._game.pictures[0].copy(), self._info({})

    def tell(self, event: str) -> None:
        """Lets the next step tell the world what happens, one of `events`."""
        self._game.tell(event, [0])

    def step(self, action: Any):
        actions = self._game.check([action])
        if not self._is_reset:
            raise ResetNeeded("reset the environment before it steps.")
        rewards, ends, cut, info = self._game.step(actions, [self.np_random])
        return self._game.pictures[0].copy(), float(rewards[0]), bool(ends[0]), bool(cut[0]), self._info(info)

    def render(self) -> np.ndarray | None:
        return self._game.pictures[0].copy() if self.render_mode == "rgb_array" else None

    def _info(self, info: dict[str, Any]) -> dict[str, Any]:
        own = {name: value[0].copy() for name, value in info.items()}
        return {"step": int(self._game.steps[0]), "reward_from": self._game.reward_from, **own}


gym.register("snowglobe/World-v0", entry_point=f"{__name__}:SnowglobeEnv", vector_entry_point=f"{__name__}:SnowglobeVectorEnv")
