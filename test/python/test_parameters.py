"""Parameters as the Python SDK writes them (contract, sections 2.2 and 2.3; checklist 4, 5, 6)."""

from datetime import timedelta, timezone

import pytest
from conftest import at, fresh, ids, record, steps
from letta_client import BadRequestError, UnprocessableEntityError


def test_datetime_objects_are_exclusive_bounds_to_the_microsecond(client):
    agent = fresh("agent")
    first, middle, last = ids(record(*steps(3, agent, 1)))
    assert ids(client.steps.list(agent_id=agent, start_date=at(1)).items) == [last]
    assert ids(client.steps.list(agent_id=agent, end_date=at(1)).items) == [first]
    assert ids(client.steps.list(agent_id=agent, start_date=at(0), end_date=at(2)).items) == [middle]


@pytest.mark.parametrize("hours", [-8, 0, 5.5, 14])
def test_datetime_objects_of_every_zone_are_the_same_instant(client, hours):
    agent = fresh("agent")
    _, _, last = ids(record(*steps(3, agent, 1)))
    zoned = at(1).astimezone(timezone(timedelta(hours=hours)))
    assert ids(client.steps.list(agent_id=agent, start_date=zoned).items) == [last]
    assert ids(client.steps.list(agent_id=agent, start_date=zoned.isoformat()).items) == [last]


def test_a_datetime_without_a_zone_is_utc_and_a_date_is_its_midnight(client):
    agent = fresh("agent")
    first, _, last = ids(record(*steps(3, agent, 1)))
    assert ids(client.steps.list(agent_id=agent, start_date=at(1).replace(tzinfo=None)).items) == [last]
    assert len(client.steps.list(agent_id=agent, start_date=at(0).date()).items) == 3
    assert client.steps.list(agent_id=agent, end_date=at(0).date()).items == []


def test_none_is_nothing_given(client):
    nothing = dict.fromkeys(
        ["before", "after", "limit", "start_date", "end_date", "model", "trace_ids", "feedback", "has_feedback", "tags",
         "project_id"]
    )
    agent = fresh("agent")
    recorded = ids(record(*steps(3, agent)))
    assert ids(client.steps.list(agent_id=agent, **nothing).items) == recorded[::-1]
    assert ids(client.steps.list(agent_id=None, **nothing).items) == ids(client.steps.list().items)


@pytest.mark.parametrize("tag", ["a,b", "a b", "a+b", "a&b=c", "ü日本🙂", "a%2Cb", '"', "#?/"])
def test_tags_and_trace_ids_with_every_kind_of_character(client, tag):
    agent = fresh("agent")
    [step, _] = record(
        {"agent_id": agent, "tags": [tag], "trace_id": tag}, {"agent_id": agent, "tags": ["a", "b"], "trace_id": "a"}
    )
    assert ids(client.steps.list(agent_id=agent, tags=[tag]).items) == [step["id"]]
    assert ids(client.steps.list(agent_id=agent, tags=["nowhere", tag]).items) == [step["id"]]
    assert ids(client.steps.list(agent_id=agent, trace_ids=[tag]).items) == [step["id"]]


def test_every_other_filter(client):
    agent = fresh("agent")
    [step, _] = record(
        {"agent_id": agent, "model": "m", "project_id": "p", "feedback": "positive"}, {"agent_id": agent}
    )
    filters = [{"model": "m"}, {"project_id": "p"}, {"feedback": "positive"}, {"has_feedback": True}]
    for given in filters:
        assert ids(client.steps.list(agent_id=agent, **given).items) == [step["id"]], given
    assert len(client.steps.list(agent_id=agent, has_feedback=False).items) == 1
    assert client.steps.list(agent_id=agent, feedback="negative").items == []


def test_extensions_go_through_extra_query(client):
    agent = fresh("agent")
    [step, _] = record(
        {"agent_id": agent, "status": "failed", "tags": ["a", "b"], "messages": [{"role": "user", "content": "Hi"}]},
        {"agent_id": agent, "status": "success", "tags": ["a"]},
    )
    assert ids(client.steps.list(agent_id=agent, extra_query={"status": "failed"}).items) == [step["id"]]
    both = client.steps.list(agent_id=agent, tags=["a", "b"], extra_query={"match_all_tags": True})
    assert ids(both.items) == [step["id"]]
    light = client.steps.list(agent_id=agent, extra_query={"include_messages": False})
    assert [item.messages for item in light.items] == [[], []]


def test_a_bad_date_is_a_bad_request_and_a_bad_limit_unprocessable(client):
    with pytest.raises(BadRequestError):
        client.steps.list(start_date="yesterday")
    with pytest.raises(BadRequestError):
        client.steps.list(start_date=at(1), end_date=at(0))
    with pytest.raises(UnprocessableEntityError):
        client.steps.list(limit=-1)
    assert client.steps.list(limit=0).items == []
    assert len(client.steps.list(limit=10**9).items) <= 1000


def test_lists_of_runs_and_tags_take_theirs(client):
    agent, tag = fresh("agent"), fresh("tag")
    record({"agent_id": agent, "run_id": fresh("run"), "status": "pending", "tags": [tag]})
    found = client.runs.list(agent_id=agent, active=True, statuses=["running"], background=None, stop_reason=None)
    assert len(found.items) == 1
    assert client.tags.list(name=tag.upper(), order="desc", before=None) == [tag]
