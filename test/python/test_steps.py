"""Steps and runs as the SDK's classes (contract, sections 1.5, 3, 7 and 8; checklist 9, 10, 12)."""

import json

import httpx
import pytest
from conftest import URL, at, fresh, fresh_id, record
from letta_client import NotFoundError, UnprocessableEntityError
from letta_client.types import Step
from letta_client.types.agents import Run


def test_a_step_is_parsed_with_its_numbers_and_renamed_attributes(client):
    [step] = record(
        {"model": "gpt-4o-mini", "model_endpoint": "https://api.openai.com/v1", "model_handle": "openai/gpt-4o-mini",
         "prompt_tokens": 0, "completion_tokens_details": {"reasoning_tokens": 0}, "stop_reason": "end_turn"}
    )
    found = client.steps.retrieve(step["id"])
    assert isinstance(found, Step)
    assert (found.model, found.prompt_tokens, found.completion_tokens) == ("gpt-4o-mini", 0, None)
    assert found.api_model_endpoint == "https://api.openai.com/v1"
    assert found.api_model_handle == "openai/gpt-4o-mini"
    assert found.completion_tokens_details == {"reasoning_tokens": 0}
    assert (found.tags, found.messages) == ([], [])


def test_messages_of_a_step_are_internal_messages(client):
    [step] = record({"messages": [{"role": "user", "content": "Hi", "created_at": at(1).isoformat()}]})
    [message] = client.steps.retrieve(step["id"]).messages
    assert (message.role, message.content[0].text, message.step_id) == ("user", "Hi", step["id"])
    assert message.created_at == at(1)


def test_nanoseconds_are_exact(client):
    metrics = {"step_start_ns": 1769012345678901234, "llm_request_start_ns": 1769012345678901235,
               "llm_request_ns": 2**53 + 1, "tool_execution_ns": 0, "step_ns": 2**63 - 1}
    [step] = record({"metrics": metrics})
    found = client.steps.metrics.retrieve(step["id"])
    assert {name: getattr(found, name) for name in metrics} == metrics
    assert json.loads(httpx.get(f"{URL}/v1/steps/{step['id']}/metrics").text)["step_ns"] == 2**63 - 1


def test_the_trace_is_none_or_the_latest_agent_step(client):
    [bare] = record({})
    assert client.steps.trace.retrieve(bare["id"]) is None
    kinds = ["agent_step", "agent_step", "summarization"]
    traces = [{"call_type": kind, "request_json": {"n": n}, "response_json": {}} for n, kind in enumerate(kinds)]
    [step] = record({"provider_trace": traces, "created_at": at(1).isoformat()})
    found = client.steps.trace.retrieve(step["id"])
    assert (found.request_json, found.call_type, found.created_at) == ({"n": 1}, "agent_step", at(1))


def test_feedback_without_arguments_changes_nothing(client):
    [step] = record({"tags": ["own"]})
    client.steps.feedback.create(step["id"], feedback="positive", tags=["a"])
    same = client.steps.feedback.create(step["id"])
    assert (same.feedback, same.tags) == ("positive", ["own", "a"])


def test_an_empty_body_changes_nothing():
    [step] = record({"feedback": "negative"})
    answer = httpx.patch(f"{URL}/v1/steps/{step['id']}/feedback", json={})
    assert (answer.status_code, answer.json()["feedback"]) == (200, "negative")


def test_feedback_none_clears_and_tags_only_keeps(client):
    [step] = record({})
    client.steps.feedback.create(step["id"], feedback="positive")
    assert client.steps.feedback.create(step["id"], tags=["a"]).feedback == "positive"
    assert client.steps.feedback.create(step["id"], feedback="positive", tags=["a"]).tags == ["a"]
    cleared = client.steps.feedback.create(step["id"], feedback=None, tags=None)
    assert (cleared.feedback, cleared.tags) == (None, ["a"])
    assert client.steps.retrieve(step["id"]).feedback is None


def test_feedback_that_is_no_feedback_is_unprocessable(client):
    [step] = record({})
    with pytest.raises(UnprocessableEntityError):
        client.steps.feedback.create(step["id"], feedback="good")
    with pytest.raises(NotFoundError):
        client.steps.feedback.create(fresh_id("step"), feedback="positive")


def test_a_run_is_parsed_and_its_usage_is_the_sum_of_all_steps(client):
    run, agent = fresh("run"), fresh("agent")
    step = {"run_id": run, "agent_id": agent, "prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11,
            "cached_input_tokens": 0, "status": "success", "stop_reason": "end_turn"}
    record(*({**step, "created_at": at(i).isoformat()} for i in range(120)))
    found = client.runs.retrieve(run)
    assert isinstance(found, Run)
    assert (found.status, found.stop_reason, found.agent_id) == ("completed", "end_turn", agent)
    assert (found.created_at, found.completed_at) == (at(0), at(119))
    usage = client.runs.usage.retrieve(run)
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (1200, 120, 1320)
    assert usage.prompt_tokens_details.cached_tokens == 0
    assert usage.completion_tokens_details is None


@pytest.mark.parametrize("run", ["a/b", "a b", "ü日本🙂", "100%", "a%2Fb", "a?b#c", "run/../x", "x" * 255])
def test_run_ids_are_any_text(client, run):
    record({"run_id": run, "agent_id": "odd", "trace_id": "t"})
    assert client.runs.retrieve(run).id == run
    assert client.runs.steps.list(run).items[0].run_id == run
    assert len(client.runs.trace.retrieve(run)) >= 1
