"""Plays a world on `snowglobe serve` over OpenEnv's messages, JSON over WebSocket: pip install websockets

    snowglobe serve crafter
    python3 openenv_client.py ws://localhost:8420/env --world crafter --actions noop,do,move_left --seed 7 --out frames

As a library: `with SnowglobeClient(url) as world: world.reset(world="crafter", seed=7); world.step("do")`.
"""

from __future__ import annotations

import argparse
import base64
import json
import pathlib
import sys
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect


class ServerRefused(Exception):
    """What the server says of a request that it does not carry out, and OpenEnv's code of it; nothing has changed by it."""

    def __init__(self, message: str, code: str):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Step:
    """A frame of a session: `screen` is bytes of a PNG, or with `observation="rgb"` a list of height x width x 3 integers."""

    screen: Any
    index: int
    readouts: dict[str, float]
    reward: float | None
    done: bool
    told: str | None = None


class SnowglobeClient:
    """One session of one world; requests are answered in order."""

    def __init__(self, url: str, timeout: float = 60):
        self._timeout = timeout
        self._socket = connect(url, open_timeout=timeout, max_size=None)

    def __enter__(self) -> SnowglobeClient:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def reset(self, **fields: Any) -> Step:
        """Begins an episode. Fields as the server's README has them: world, seed, prompt, text, temperature, observation, reward, ..."""
        return self._seen(self._ask("reset", fields))

    def step(self, action: str | int, **fields: Any) -> Step:
        """Does an action, by its name or its number; `tell` lets an event happen on the way, in worlds that know some."""
        return self._seen(self._ask("step", {"action": action, **fields}))

    def state(self) -> dict[str, Any]:
        """The world, its actions, read-outs and events, and how many steps were done."""
        return self._ask("state", None)["data"]

    def close(self) -> None:
        """Ends the session."""
        try:
            self._socket.send(json.dumps({"type": "close"}))
        except WebSocketException:
            pass  # It has ended already.
        self._socket.close()

    def _ask(self, kind: str, data: dict[str, Any] | None) -> dict[str, Any]:
        self._socket.send(json.dumps({"type": kind} if data is None else {"type": kind, "data": data}))
        answer = json.loads(self._socket.recv(self._timeout))
        if answer["type"] == "error":
            raise ServerRefused(answer["data"]["message"], answer["data"]["code"])
        return answer

    @staticmethod
    def _seen(answer: dict[str, Any]) -> Step:
        data = answer["data"]
        seen = data["observation"]
        screen = base64.b64decode(seen["screen"]) if seen["encoding"] == "png" else seen["screen"]
        return Step(screen, seen["index"], seen.get("readouts", {}), data["reward"], data["done"], seen.get("told"))


def main() -> int:
    parser = argparse.ArgumentParser(description="Plays a world on a Snowglobe server.")
    parser.add_argument("url", help="such as ws://localhost:8420/env")
    parser.add_argument("--world", help="name of a world; default: the server's first")
    parser.add_argument("--actions", required=True, help="names, with commas between them")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reward", help="name of a read-out, whose rise is the reward")
    parser.add_argument("--tell", action="append", default=[], metavar="FRAME:EVENT", help="what happens after a frame, such as '2:night falls'; several times")
    parser.add_argument("--out", type=pathlib.Path, help="folder for the frames, as PNG")
    asked = parser.parse_args()
    told = {int(frame): event for frame, _, event in (each.partition(":") for each in asked.tell)}
    fields = {name: getattr(asked, name) for name in ("world", "reward") if getattr(asked, name) is not None}
    try:
        with SnowglobeClient(asked.url) as world:
            steps = [world.reset(seed=asked.seed, **fields)]
            steps += [world.step(each, tell=told.get(frame)) for frame, each in enumerate(asked.actions.split(","))]
    except ServerRefused as refusal:
        print(f"{refusal} ({refusal.code})", file=sys.stderr)
        return 1
    except (OSError, WebSocketException) as failure:
        print(f"{asked.url}: {failure}; is the server there, and is it its address of /env?", file=sys.stderr)
        return 1
    for step in steps:
        shown = {"index": step.index, "reward": step.reward, "done": step.done, "readouts": step.readouts}
        print(json.dumps({**shown, **({"told": step.told} if step.told else {})}))
        if asked.out:
            asked.out.mkdir(parents=True, exist_ok=True)
            (asked.out / f"{step.index:05d}.png").write_bytes(step.screen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
