"""Errors as the SDK's classes, and keys (contract, sections 1.1 and 5; checklist 8, 14)."""

import asyncio
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from conftest import URL, fresh_id, record
from letta_client import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    Letta,
    NotFoundError,
    UnprocessableEntityError,
)

LOCKED_URL, KEY = os.environ["LOCKED_LEDGER_URL"], os.environ["LOCKED_LEDGER_KEY"]


@pytest.mark.parametrize(
    ("kind", "status", "call"),
    [
        (BadRequestError, 400, lambda c: c.steps.list(end_date="2025-02-31")),
        (NotFoundError, 404, lambda c: c.steps.retrieve(fresh_id("step"))),
        (NotFoundError, 404, lambda c: c.steps.metrics.retrieve(fresh_id("step"))),
        (NotFoundError, 404, lambda c: c.runs.retrieve("run-nowhere")),
        (NotFoundError, 404, lambda c: c.runs.steps.list("run-nowhere")),
        (NotFoundError, 404, lambda c: c.runs.usage.retrieve("run-nowhere")),
        (UnprocessableEntityError, 422, lambda c: c.steps.retrieve("step-1")),
        (UnprocessableEntityError, 422, lambda c: c.steps.list(order="ASC")),
        (UnprocessableEntityError, 422, lambda c: c.steps.list(after="foo")),
        (UnprocessableEntityError, 422, lambda c: c.runs.list(limit=0)),
        (APIStatusError, 405, lambda c: c.post("/v1/runs/", cast_to=object)),
    ],
)
def test_each_status_is_its_class(client, kind, status, call):
    with pytest.raises(kind) as caught:
        call(client)
    assert caught.value.status_code == status
    assert caught.value.body["detail"]


def test_unprocessable_says_where(client):
    with pytest.raises(UnprocessableEntityError) as caught:
        client.steps.list(limit=-1)
    [issue] = caught.value.body["detail"]
    assert issue["loc"] == ["query", "limit"]
    assert set(issue) == {"loc", "msg", "type"}


def test_an_async_call_raises_the_same(async_client):
    async def call():
        await async_client.steps.retrieve(fresh_id("step"))

    with pytest.raises(NotFoundError):
        asyncio.run(call())


def test_a_ledger_with_keys_asks_for_one():
    with pytest.raises(AuthenticationError):
        Letta(base_url=LOCKED_URL).steps.list()
    with pytest.raises(AuthenticationError):
        Letta(base_url=LOCKED_URL, api_key="sl_wrong").steps.list()
    assert Letta(base_url=LOCKED_URL, api_key=KEY).steps.list().items == []
    assert Letta(base_url=LOCKED_URL).health().status == "ok"
    with pytest.raises(NotFoundError):
        Letta(base_url=LOCKED_URL, api_key=KEY, project="nowhere").steps.list()


class Front:
    """A server in front that answers 503 so many times, then asks the ledger."""

    def __init__(self, failures: int, headers: dict[str, str]):
        front = self
        self.asked = 0

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                front.asked += 1
                if front.asked <= failures:
                    return self.reply(503, b'{"detail": "not now"}', headers)
                answer = httpx.get(URL + self.path)
                self.reply(answer.status_code, answer.content, {})

            def reply(self, status, body, extra):
                self.send_response(status)
                own = {"Content-Type": "application/json", "Content-Length": str(len(body))}
                for name, value in {**own, **extra}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self, Letta(base_url=f"http://127.0.0.1:{self.server.server_port}")

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def test_503_is_retried_twice():
    [step] = record({})
    with Front(2, {"retry-after-ms": "10"}) as (front, client):
        assert client.steps.retrieve(step["id"]).id == step["id"]
        assert front.asked == 3


def test_x_should_retry_false_is_obeyed():
    with Front(9, {"x-should-retry": "false"}) as (front, client):
        with pytest.raises(InternalServerError):
            client.steps.list()
        assert front.asked == 1


def test_our_own_404_is_asked_for_once():
    with Front(0, {}) as (front, client):
        with pytest.raises(NotFoundError):
            client.steps.retrieve(fresh_id("step"))
        assert front.asked == 1
