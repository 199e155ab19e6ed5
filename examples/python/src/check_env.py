"""What python.test.ts runs: environments of exported worlds, held against Gymnasium. usage: check_env.py FOLDER BATCH"""

import sys
import unittest
import warnings
from pathlib import Path

import gymnasium as gym
import numpy as np
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

folder, batch = Path(sys.argv.pop(1)), int(sys.argv.pop(1))
sys.path.insert(0, str(Path(__file__).parent.parent))
from snowglobe_env import SnowglobeEnv, SnowglobeVectorEnv  # noqa: E402

WORLDS = ["tiles", "painted"]
rng = np.random.default_rng(1)
PROMPTS = [rng.integers(0, 256, (32, 32, 3), dtype=np.uint8) for _ in range(3)]


def vector(world, **options):
    return SnowglobeVectorEnv(str(folder / f"{world}-{batch}.onnx"), PROMPTS, **{"threads": 1, **options})


def single(world, **options):
    return SnowglobeEnv(str(folder / f"{world}.onnx"), PROMPTS, threads=1, **options)


class Environments(unittest.TestCase):
    def test_gymnasium_finds_nothing(self):
        for world in WORLDS:
            env = gym.make("snowglobe/World-v0", path=str(folder / f"{world}.onnx"), prompts=PROMPTS, threads=1, render_mode="rgb_array")
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                check_env(env.unwrapped)

    def test_rows_are_what_each_is_alone(self):
        for world in WORLDS:
            env = vector(world, num_envs=2 * batch)
            seen, _ = env.reset(seed=5)
            alone = [single(world) for _ in range(env.num_envs)]
            firsts = [each.reset(seed=5 + i)[0] for i, each in enumerate(alone)]
            np.testing.assert_array_equal(seen, np.stack(firsts))
            for t in range(5):
                actions = np.array([(t + 2 * i) % env.single_action_space.n for i in range(env.num_envs)])
                seen, rewards, ends, cut, infos = env.step(actions)
                steps = [each.step(action) for each, action in zip(alone, actions)]
                np.testing.assert_array_equal(infos["codes"], np.stack([info["codes"] for *_, info in steps]))
                # More rows may be added up in another order.
                self.assertLessEqual(np.abs(seen.astype(int) - np.stack([step[0] for step in steps])).max(), 1)
            self.assertEqual((rewards.any(), ends.any(), cut.any()), (False, False, False))
            self.assertEqual(infos["reward_from"], "nothing: it is always 0")

    def test_what_is_told_shows_in_the_next_step_of_those_who_are_told(self):
        env, twin = vector("eventful"), vector("eventful")
        self.assertEqual(env.events, ["night falls", "the day breaks"])
        for each in (env, twin):
            each.reset(seed=4)
        env.tell("night falls", [1])
        told, untold = [each.step(np.ones(batch, int))[4]["codes"] for each in (env, twin)]
        self.assertEqual([bool((told[row] != untold[row]).any()) for row in range(batch)], [row == 1 for row in range(batch)])
        alone = single("eventful")
        alone.reset(seed=5)
        alone.tell("night falls")
        np.testing.assert_array_equal(alone.step(1)[4]["codes"], told[1])
        # Told once, and no more after a reset.
        env.tell("night falls")
        for each in (env, twin):
            each.reset(seed=4)
        np.testing.assert_array_equal(*[each.step(np.ones(batch, int))[0] for each in (env, twin)])
        self.assertRaisesRegex(ValueError, "'a comet' is no event of this world; tell one of 'night falls', ", env.tell, "a comet")
        self.assertRaisesRegex(ValueError, "there is no environment 99; give numbers from 0", env.tell, "night falls", [99])
        self.assertRaisesRegex(ValueError, "it knows none", vector("tiles").tell, "night falls")

    def test_vectors_reset_as_gymnasium_says(self):
        """Against gymnasium.vector.SyncVectorEnv of single ones, whose generators are those of the rows."""
        ends = lambda before, actions, after, info: (info["codes"].sum(axis=1) + actions) % 4 == 0
        worth = lambda before, actions, after, info: info["codes"].sum(axis=1) / 8 + actions
        for world in WORLDS:
            for mode in AutoresetMode:
                options = {"max_steps": 4, "reward": worth, "terminated": ends}
                env = vector(world, autoreset_mode=mode, **options)
                model = gym.vector.SyncVectorEnv([lambda: single(world, **options)] * batch, autoreset_mode=mode)
                seen, expected = env.reset(seed=3)[0], model.reset(seed=3)[0]
                np.testing.assert_array_equal(seen, expected)
                ended = 0
                over = np.zeros(batch, bool)
                for t in range(10):
                    actions = np.array([(3 * t + i) % env.single_action_space.n for i in range(batch)])
                    if mode is AutoresetMode.DISABLED and over.any():
                        self.assertRaises(gym.error.ResetNeeded, env.step, actions)
                        mask = {"reset_mask": over.copy()}
                        np.testing.assert_array_equal(env.reset(options=dict(mask))[0][over], model.reset(options=dict(mask))[0][over])
                    seen, *given, infos = env.step(actions)
                    wanted, *judged, facts = model.step(actions)
                    over = given[1] | given[2]
                    ended += over.sum()
                    for one, other in zip(given, judged):
                        np.testing.assert_array_equal(one, other)
                    self.assertLessEqual(np.abs(seen.astype(int) - wanted).max(), 1)
                    self.assertEqual("final_obs" in infos, "final_obs" in facts)
                    if "final_obs" in infos:
                        np.testing.assert_array_equal(infos["_final_obs"], facts["_final_obs"])
                        for row in np.flatnonzero(over):
                            self.assertLessEqual(np.abs(infos["final_obs"][row].astype(int) - facts["final_obs"][row]).max(), 1)
                self.assertGreater(ended, 0)

    def test_bad_input_is_refused_before_anything_steps(self):
        env, twin = vector("tiles"), vector("tiles")
        self.assertRaises(gym.error.ResetNeeded, env.step, np.zeros(batch, int))
        for each in (env, twin):
            each.reset(seed=1)
        for actions in (np.zeros(batch - 1, int), np.full(batch, -1), np.full(batch, 99), np.zeros(batch)):
            self.assertRaisesRegex(gym.error.InvalidAction, f"give {batch} integers from 0 to", env.step, actions)
        self.assertRaisesRegex(ValueError, "1 seeds for", env.reset, seed=[1])
        self.assertRaisesRegex(ValueError, "reset_mask must be", env.reset, options={"reset_mask": np.zeros(batch, bool)})
        self.assertRaisesRegex(ValueError, "not whole runs", vector, "tiles", num_envs=batch + 1)
        self.assertRaisesRegex(ValueError, "a prompt is", SnowglobeEnv, str(folder / "tiles.onnx"), [np.zeros((2, 2, 3), np.uint8)])
        np.testing.assert_array_equal(env.step(np.ones(batch, int))[0], twin.step(np.ones(batch, int))[0])
        wrong = vector("tiles", reward=lambda *_: 1.0)
        wrong.reset()
        self.assertRaisesRegex(ValueError, "reward gave", wrong.step, np.zeros(batch, int))

    def test_files_are_as_onnx_says(self):
        try:
            import onnx
        except ImportError:
            self.skipTest("onnx is not installed")
        for path in sorted(folder.glob("*.onnx")):
            onnx.checker.check_model(str(path), full_check=True)


unittest.main(verbosity=2)
