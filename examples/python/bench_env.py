"""Frames a second of one environment, and of many: bench_env.py ONE.onnx MANY.onnx COUNT [SECONDS] [THREADS]"""

import sys
import time

import numpy as np
from snowglobe_env import SnowglobeVectorEnv

one, many, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 10
threads = int(sys.argv[5]) if len(sys.argv) > 5 else 1


PROMPT = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
envs = {number: SnowglobeVectorEnv(path, [PROMPT], num_envs=number, threads=threads) for path, number in ((one, 1), (many, count))}
for env in envs.values():
    env.reset(seed=1)
    env.step(np.zeros(env.num_envs, int))
best = {}
# In turns, so that what else runs on the machine meets both.
for _ in range(5):
    for number, env in envs.items():
        begun, frames = time.perf_counter(), 0
        while time.perf_counter() - begun < seconds / 5:
            env.step(np.zeros(number, int))
            frames += number
        best[number] = max(best.get(number, 0), frames / (time.perf_counter() - begun))
print(f"1: {best[1]:.1f} frames/s; {count}: {best[count]:.1f} frames/s in sum, {best[count] / best[1]:.2f} times one")
