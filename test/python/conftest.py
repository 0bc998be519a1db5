"""The official Python SDK against ledgers that scripts/test-python.ts has started."""

import itertools
import os
from datetime import datetime, timedelta, timezone

import httpx
import pytest
from letta_client import AsyncLetta, Letta

URL = os.environ["LEDGER_URL"]
EPOCH = datetime(2026, 1, 29, 10, tzinfo=timezone.utc)
numbers = itertools.count(1)


def at(microseconds: int) -> datetime:
    """An instant after the tests' epoch."""
    return EPOCH + timedelta(microseconds=microseconds)


def fresh(prefix: str) -> str:
    """A text that no other test uses."""
    return f"{prefix}-{next(numbers)}-{os.getpid()}"


def fresh_id(prefix: str) -> str:
    """`<prefix>-<uuid4>`, ordered as they are made."""
    return f"{prefix}-{next(numbers):08x}-0000-4000-8000-000000000000"


def record(*steps: dict) -> list[dict]:
    """Records steps and returns them as stored, in the same order."""
    response = httpx.post(f"{URL}/v1/steps/", json=list(steps))
    assert response.is_success, response.text
    return response.json()


def steps(count: int, agent_id: str, gap: int = 1_000_000) -> list[dict]:
    """Steps of one agent to record, oldest first, `gap` microseconds apart."""
    return [
        {"id": fresh_id("step"), "agent_id": agent_id, "created_at": at(i * gap).isoformat()} for i in range(count)
    ]


def ids(items) -> list[str]:
    return [item["id"] if isinstance(item, dict) else item.id for item in items]


@pytest.fixture(scope="session")
def client() -> Letta:
    return Letta(base_url=URL)


@pytest.fixture
def async_client() -> AsyncLetta:
    return AsyncLetta(base_url=URL)
