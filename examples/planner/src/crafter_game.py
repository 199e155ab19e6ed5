"""The game Crafter over lines of JSON, for measure.js: pip install crafter. In comes {"level": 7} or {"action": "do"}, out goes what is then seen.

Light is constant, as in the recordings that the world crafter learned from.
"""
import base64
import json
import sys

import crafter

crafter.Env._update_time = lambda self: setattr(self._world, "daylight", 1.0)
env = None
for line in sys.stdin:
    asked = json.loads(line)
    if "level" in asked:
        env = crafter.Env(seed=asked["level"])
        picture, done = env.reset(), False
    else:
        picture, _, done, _ = env.step(env.action_names.index(asked["action"]))
    has = {name: int(count) for name, count in env._player.inventory.items()}
    rgb = base64.b64encode(picture.tobytes()).decode()
    print(json.dumps({"width": picture.shape[1], "height": picture.shape[0], "rgb": rgb, "has": has, "done": bool(done)}), flush=True)
