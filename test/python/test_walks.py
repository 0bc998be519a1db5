"""Walks, sync and async (contract, sections 2.6 and 2.7; checklist 1, 2, 3; defects D1, D2, D4, D5, D18, D19)."""

import asyncio

import pytest
from conftest import at, fresh, fresh_id, ids, record, steps
from letta_client import NotFoundError

COUNT = 7
LIMITS = [1, 2, 3, COUNT, COUNT + 1]
GAPS = {"a second apart": 1_000_000, "a microsecond apart": 1, "at the same time": 0}

every_order = pytest.mark.parametrize("order", ["asc", "desc"])
every_limit = pytest.mark.parametrize("limit", LIMITS)
every_gap = pytest.mark.parametrize("gap", GAPS.values(), ids=GAPS.keys())


def recorded(gap: int, order: str) -> tuple[str, list[str]]:
    agent = fresh("agent")
    oldest_first = ids(record(*steps(COUNT, agent, gap)))
    return agent, oldest_first if order == "asc" else oldest_first[::-1]


async def collect(page) -> list[str]:
    return [item.id async for item in page]


@every_gap
@every_order
@every_limit
def test_forwards_each_step_comes_once_in_order(client, gap, order, limit):
    agent, whole = recorded(gap, order)
    assert ids(client.steps.list(agent_id=agent, order=order, limit=limit)) == whole


@every_gap
@every_order
@every_limit
def test_backwards_each_earlier_step_comes_once_page_by_page(client, gap, order, limit):
    agent, whole = recorded(gap, order)
    pages = client.steps.list(agent_id=agent, order=order, limit=limit, before=whole[-1]).iter_pages()
    found = [ids(page.items) for page in pages]
    assert [step for page in reversed(found) for step in page] == whole[:-1]
    assert found[-1] == []
    assert all(len(page) == limit for page in found[:-2])


@every_order
@every_limit
def test_async_walks_are_the_same(async_client, order, limit):
    agent, whole = recorded(0, order)

    async def both():
        forwards = await collect(async_client.steps.list(agent_id=agent, order=order, limit=limit))
        backwards = await collect(async_client.steps.list(agent_id=agent, order=order, limit=limit, before=whole[-1]))
        await async_client.close()
        return forwards, backwards

    forwards, backwards = asyncio.run(both())
    assert forwards == whole
    assert sorted(backwards) == sorted(whole[:-1])


def test_before_none_is_no_before(client):
    agent, whole = recorded(1, "desc")
    assert ids(client.steps.list(agent_id=agent, before=None, after=None, limit=2)) == whole


def test_both_cursors_give_the_items_nearest_to_before(client):
    agent, whole = recorded(0, "desc")
    page = client.steps.list(agent_id=agent, after=whole[0], before=whole[6], limit=2)
    assert ids(page.items) == whole[4:6]


def test_an_unknown_cursor_is_not_found(client):
    with pytest.raises(NotFoundError):
        client.steps.list(after=fresh_id("step"))


@every_order
@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7])
def test_runs_come_once_each_in_both_directions(client, order, limit):
    agent = fresh("agent")
    runs = sorted(fresh("run") for _ in range(6))
    record(*({"agent_id": agent, "run_id": run, "created_at": at(0).isoformat()} for run in runs))
    whole = runs if order == "asc" else runs[::-1]
    assert ids(client.runs.list(agent_id=agent, order=order, limit=limit)) == whole
    earlier = ids(client.runs.list(agent_id=agent, order=order, limit=limit, before=whole[-1]))
    assert sorted(earlier) == sorted(whole[:-1])


@every_order
@every_limit
def test_steps_of_a_run_come_once_each(client, order, limit):
    run = fresh("run")
    found = ids(record(*({**step, "run_id": run} for step in steps(COUNT, fresh("agent"), 0))))
    whole = found if order == "asc" else found[::-1]
    assert ids(client.runs.steps.list(run, order=order, limit=limit)) == whole


@every_order
@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_messages_of_steps_and_runs_come_once_each(client, order, limit):
    run = fresh("run")
    call = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    reasoning = {"type": "reasoning", "is_native": True, "reasoning": "Hm."}
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [reasoning], "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "no JSON at all"},
        {"role": "assistant", "content": "Hello"},
    ]
    [step] = record({"run_id": run, "messages": messages})
    types = ["user_message", "reasoning_message", "tool_call_message", "tool_return_message", "assistant_message"]
    expected = types if order == "asc" else types[::-1]
    for pages in (client.steps.messages.list(step["id"], order=order, limit=limit),
                  client.runs.messages.list(run, order=order, limit=limit)):
        assert [message.message_type for message in pages] == expected
