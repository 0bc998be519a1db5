"""What of the retired Letta server cannot be asked over HTTP, done with its own code inside one process of it.

    letta_steps.py tables                                          makes its tables
    letta_steps.py record AGENT COUNT CONCURRENT OUT               records so many steps
    letta_steps.py list AGENT WARM_SECONDS SECONDS CONCURRENT OUT  lists the newest 50 steps of an agent

OUT becomes {"seconds": ..., "latencies": [milliseconds, ...]}.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable


def make_tables() -> None:
    """From its own model, as its migrations are not in the package. A server without pgvector keeps embeddings as text."""
    import letta.orm  # noqa: F401
    from letta.orm.base import Base
    from pgvector.sqlalchemy import Vector
    from sqlalchemy import create_engine
    from sqlalchemy.ext.compiler import compiles

    compiles(Vector)(lambda *_, **__: "text")
    address = os.environ["LETTA_PG_URI"].partition("?")[0]
    Base.metadata.create_all(create_engine(address.replace("postgresql:", "postgresql+psycopg2:")))


async def repeat(call: Callable[[], Awaitable[object]], go_on: Callable[[], bool], concurrent: int) -> dict:
    """Calls again and again, so many at a time."""
    latencies = []

    async def worker() -> None:
        while go_on():
            start = time.perf_counter()
            await call()
            latencies.append((time.perf_counter() - start) * 1000)

    start = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(concurrent)))
    return {"seconds": time.perf_counter() - start, "latencies": latencies}


def until(seconds: float) -> Callable[[], bool]:
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() < end


def times(count: int) -> Callable[[], bool]:
    left = iter(range(count))
    return lambda: next(left, None) is not None


async def record(agent: str, count: int, concurrent: int) -> dict:
    from letta.schemas.enums import StepStatus
    from letta.schemas.openai.chat_completion_response import UsageStatistics
    from letta.services.step_manager import StepManager
    from letta.services.user_manager import UserManager

    manager = StepManager()
    actor = await UserManager().get_actor_or_default_async()

    async def one() -> None:
        await manager.log_step_async(
            actor=actor,
            agent_id=agent,
            provider_name="openai",
            provider_category="base",
            model="gpt-4.1-mini",
            model_endpoint="https://api.openai.com/v1",
            context_window_limit=128000,
            usage=UsageStatistics(prompt_tokens=1900, completion_tokens=80, total_tokens=1980),
            status=StepStatus.SUCCESS,
        )

    await repeat(one, times(min(count, 200)), concurrent)
    return await repeat(one, times(count), concurrent)


async def list_newest(agent: str, warm: float, seconds: float, concurrent: int) -> dict:
    from letta.services.step_manager import StepManager
    from letta.services.user_manager import UserManager

    manager = StepManager()
    actor = await UserManager().get_actor_or_default_async()

    async def page() -> None:
        steps = await manager.list_steps_async(actor=actor, agent_id=agent, limit=50, order="desc")
        if len(steps) != 50:
            raise RuntimeError(f"{len(steps)} steps")

    await repeat(page, until(warm), concurrent)
    return await repeat(page, until(seconds), concurrent)


def main() -> None:
    command, *arguments = sys.argv[1:]
    if command == "tables":
        make_tables()
        return
    *arguments, out = arguments
    agent, *numbers = arguments
    work = {"record": record, "list": list_newest}[command]
    result = asyncio.run(work(agent, *(int(number) for number in numbers)))
    with open(out, "w", encoding="utf-8") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main()
