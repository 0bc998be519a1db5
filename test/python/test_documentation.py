"""The snippet of the documentation's own page "List Steps", with the base URL as the only change."""

import os

from conftest import fresh, record
from letta_client import Letta


def test_the_snippet_of_the_documentation():
    [step] = record({"agent_id": fresh("agent"), "model": "gpt-4o-mini"})

    client = Letta(base_url=os.environ["LEDGER_URL"])
    page = client.steps.list()
    page = page.items[0]
    print(page.id)

    assert page.id == step["id"]


def test_iterating_over_the_page_sees_every_step():
    client = Letta(base_url=os.environ["LEDGER_URL"])
    seen = [step.id for step in client.steps.list(limit=7)]
    assert seen == [step.id for step in client.steps.list(limit=1000).items]
    assert len(seen) == len(set(seen)) > 0


def test_health(client):
    assert client.health().status == "ok"
