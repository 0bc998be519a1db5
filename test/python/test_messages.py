"""Every message type parses into its class (contract, section 4.2; checklist 11). event_message is never stored."""

import json

import pytest
from conftest import record
from letta_client.types import ToolReturnMessage
from letta_client.types.agents import (
    ApprovalRequestMessage,
    ApprovalResponseMessage,
    AssistantMessage,
    HiddenReasoningMessage,
    ReasoningMessage,
    SummaryMessage,
    SystemMessage,
    ToolCallMessage,
    UserMessage,
)

CALL = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"q": 1}'}}
DENIAL = {"type": "approval", "tool_call_id": "c1", "approve": False, "reason": "no"}
IMAGE = {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}}
STATS = {"trigger": "context_window_exceeded", "context_window": 32000, "messages_count_before": 40,
         "messages_count_after": 8, "context_tokens_before": 31000, "context_tokens_after": 4000}
PACKED_SUMMARY = json.dumps({"type": "system_alert", "message": "They met.", "compaction_stats": STATS})


def content(*parts):
    return {"role": "assistant", "content": list(parts)}


@pytest.mark.parametrize(
    ("message", "kind", "check"),
    [
        ({"role": "system", "content": "Be kind."}, SystemMessage, lambda m: m.content == "Be kind."),
        ({"role": "user", "content": "Hi"}, UserMessage, lambda m: m.content == "Hi"),
        ({"role": "user", "content": [{"type": "text", "text": "See"}, IMAGE]}, UserMessage,
         lambda m: m.content[1].source.url == "https://example.org/a.png"),
        ({"role": "assistant", "content": "Hello"}, AssistantMessage, lambda m: m.content == "Hello"),
        (content({"type": "reasoning", "is_native": True, "reasoning": "Hm.", "signature": "s"}), ReasoningMessage,
         lambda m: (m.reasoning, m.source, m.signature) == ("Hm.", "reasoner_model", "s")),
        (content({"type": "summarized_reasoning", "id": "r", "summary": [{"index": 0, "text": "Hm."}]}),
         ReasoningMessage, lambda m: m.reasoning == "Hm."),
        (content({"type": "redacted_reasoning", "data": "xyz"}), HiddenReasoningMessage,
         lambda m: (m.state, m.hidden_reasoning) == ("redacted", "xyz")),
        (content({"type": "omitted_reasoning"}), HiddenReasoningMessage, lambda m: m.state == "omitted"),
        ({"role": "assistant", "tool_calls": [CALL]}, ToolCallMessage,
         lambda m: (m.tool_call.name, m.tool_calls[0].arguments) == ("find", '{"q": 1}')),
        ({"role": "tool", "tool_returns": [{"status": "error", "func_response": "plain", "tool_call_id": "c1"}]},
         ToolReturnMessage,
         lambda m: (m.tool_return, m.status, m.tool_returns[0].tool_return) == ("plain", "error", "plain")),
        ({"role": "approval", "tool_calls": [CALL]}, ApprovalRequestMessage,
         lambda m: m.tool_call.tool_call_id == "c1"),
        ({"role": "approval", "approvals": [DENIAL]}, ApprovalResponseMessage,
         lambda m: (m.approvals[0].approve, m.approve, m.reason) == (False, False, "no")),
        ({"role": "summary", "content": PACKED_SUMMARY}, SummaryMessage,
         lambda m: (m.summary, m.compaction_stats.context_tokens_after) == ("They met.", 4000)),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_every_type_parses_into_its_class(client, message, kind, check):
    [step] = record({"messages": [{**message, "created_at": "2025-01-29T15:01:19.123456+00:00"}]})
    [found] = client.steps.messages.list(step["id"]).items
    assert type(found) is kind
    assert check(found), found
    assert found.step_id == step["id"]
    assert (found.date.year, found.date.utcoffset().total_seconds()) == (2025, 0)


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"type": "text", "text": "a", "signature": "s"}, "TextContent"),
        (IMAGE, "ImageContent"),
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}, "ImageContent"),
        ({"type": "image", "source": {"type": "letta", "file_id": "file-1"}}, "ImageContent"),
        ({"type": "tool_call", "id": "c", "name": "find", "input": {"q": 1}}, "ToolCallContent"),
        ({"type": "tool_return", "tool_call_id": "c", "content": "x", "is_error": False}, "ToolReturnContent"),
        ({"type": "reasoning", "is_native": True, "reasoning": "r"}, "ReasoningContent"),
        ({"type": "redacted_reasoning", "data": "d"}, "RedactedReasoningContent"),
        ({"type": "omitted_reasoning"}, "OmittedReasoningContent"),
        ({"type": "summarized_reasoning", "id": "r", "summary": [{"index": 0, "text": "t"}]},
         "ContentSummarizedReasoningContent"),
    ],
)
def test_every_content_part_parses_into_its_class(client, part, kind):
    [step] = record({"messages": [content(part)]})
    [found] = client.steps.retrieve(step["id"]).messages[0].content
    assert type(found).__name__ == kind
    assert found.to_dict(exclude_unset=True) == part
