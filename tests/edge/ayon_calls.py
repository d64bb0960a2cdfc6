"""Makes every event call of the unmodified AYON client with every argument it has.

usage: python ayon_calls.py URL SERVICE_KEY MANAGER_KEY

Prints one JSON object: the checks that passed and the arguments that no check gave. Any surprise is an
exception.
"""
import functools
import inspect
import json
import sys
import threading
import warnings

import ayon_api
from ayon_api._api_helpers.events import EventsAPI
from ayon_api.exceptions import HTTPRequestError
from ayon_api.utils import SortOrder

WAIT_SECONDS = 15
EVENT_CALLS = [name for name in vars(EventsAPI) if not name.startswith("_")]
given = {name: set() for name in EVENT_CALLS}


def recorded(con):
    """The connection, whose event calls note the names of the arguments they are given."""
    for name in EVENT_CALLS:
        def call(*args, _method=getattr(con, name), _name=name, **kwargs):
            given[_name].update(inspect.signature(_method).bind(*args, **kwargs).arguments)
            return _method(*args, **kwargs)
        setattr(con, name, functools.wraps(getattr(con, name))(call))
    return con


def arguments_never_given():
    return sorted(
        f"{name}({argument})"
        for name in EVENT_CALLS
        for argument in inspect.signature(getattr(EventsAPI, name)).parameters
        if argument != "self" and argument not in given[name]
    )


def ids(events):
    return [event["id"] for event in events]


def refused(code, call, /, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except HTTPRequestError as error:
        assert error.response.status_code == code, error
        return
    raise AssertionError(f"{call} was not refused")


def check_dispatch(con):
    parent = con.create_event("calls.parent")
    arguments = dict(
        sender="a sender", event_hash="calls-hash", project_name="demo", username="somebody",
        depends_on=parent, description="Text", summary={"a": 1}, payload={"b": [1, None, "ů"]},
        finished=False, store=True, dependencies=[],
    )
    for number, make in enumerate((lambda **a: con.dispatch_event(**a).data["id"], con.create_event)):
        arguments["event_hash"] = f"calls-hash-{number}"
        event = con.get_event(make(topic="calls.dispatch", **arguments))
        expected = {
            "topic": "calls.dispatch", "sender": "a sender", "hash": f"calls-hash-{number}",
            "project": "demo", "user": "svc", "dependsOn": parent, "status": "pending",
            "description": "Text", "summary": {"a": 1}, "payload": {"b": [1, None, "ů"]}, "retries": 0,
        }
        assert {key: event[key] for key in expected} == expected, event
    refused(409, con.dispatch_event, "calls.dispatch", event_hash="calls-hash-0")
    refused(404, con.get_event, con.create_event("calls.unstored", store=False))


def check_update(con):
    event_id = con.create_event("calls.update", finished=False)
    con.update_event(
        event_id, sender="another", project_name="other", username="usr", status="in_progress",
        description="Now", summary={"c": 2}, payload={"d": 3}, progress=50, retries=7,
    )
    expected = {
        "sender": "another", "project": "other", "user": "usr", "status": "in_progress",
        "description": "Now", "summary": {"c": 2}, "payload": {"d": 3}, "retries": 7,
    }
    event = con.get_event(event_id)
    assert {key: event[key] for key in expected} == expected, event
    con.update_event(event_id, description="")
    assert con.get_event(event_id) == {
        **event, "description": "", "updatedAt": con.get_event(event_id)["updatedAt"],
    }
    refused(404, con.update_event, "e" * 32, description="x")
    refused(400, con.update_event, event_id, status="done")


def check_get_events(con, manager):
    topic = "calls.list"
    made = [
        con.create_event(topic, project_name=f"p{number % 2}", description=f"number {number} of ten",
                         finished=number != 3, summary={"n": number}, payload={"n": number})
        for number in range(10)
    ]
    child = con.create_event("calls.list.child", depends_on=made[4])
    own = manager.create_event(topic, description="by the manager")
    log = con.create_event("log.calls", description="a log")
    every = made + [own]

    def found(**arguments):
        return ids(con.get_events(**{"topics": [topic], **arguments}))

    assert found() == every
    assert found(topics=["calls.list*"]) == made + [child, own]
    assert found(event_ids=[made[1], made[2], "e" * 32]) == made[1:3]
    assert found(project_names=["p1"]) == made[1::2]
    assert found(statuses=["pending"]) == [made[3]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert found(states=["pending", "failed"]) == [made[3]]
    assert found(users=["mgr"]) == [own]
    assert found(text_filter="number ten") == made
    assert found(has_children=True) == [made[4]]
    assert found(has_children=False) == made[:4] + made[5:] + [own]
    times = [con.get_event(event_id)["createdAt"] for event_id in (made[2], made[5])]
    assert found(newer_than=times[0], older_than=times[1]) == made[3:5]
    assert found(topics=[]) == []
    for arguments in ({"event_ids": [log]}, {"event_ids": [log], "include_logs": False}):
        assert ids(con.get_events(**arguments)) == []
    assert ids(con.get_events(event_ids=[log], include_logs=True)) == [log]
    assert found(limit=3) == every[:3]
    assert found(limit=3, order=SortOrder.descending) == every[:-4:-1]
    assert found(order=SortOrder.ascending) == every
    assert found(first=4) == every[:4]
    assert found(last=4) == every[:-5:-1]
    [event] = con.get_events(event_ids=[made[6]], fields=["id", "summary", "payload", "createdAt"])
    assert event == {
        "id": made[6], "summary": '{"n":6}', "payload": '{"n":6}',
        "createdAt": con.get_event(made[6])["createdAt"],
    }, event


def check_pages(con):
    made = [con.create_event("calls.pages", finished=number % 2 == 0) for number in range(650)]
    assert ids(con.get_events(topics=["calls.pages"])) == made
    assert ids(con.get_events(topics=["calls.pages"], order=SortOrder.descending)) == made[::-1]
    assert ids(con.get_events(topics=["calls.pages"], limit=310)) == made[:310]


def check_delete(con, manager):
    event_id = con.create_event("calls.delete")
    refused(403, manager.delete_event, event_id)
    con.delete_event(event_id)
    con.delete_event(event_id)
    refused(404, con.get_event, event_id)
    kept = con.create_event("calls.deleted", summary={"keep": True})
    for _ in range(3):
        con.create_event("calls.deleted", summary={"keep": False})
    con.delete_events(events_filter={"operator": "and", "conditions": [
        {"key": "topic", "operator": "like", "value": "calls.del%"},
        {"key": "summary/keep", "operator": "eq", "value": False},
    ]})
    assert ids(con.get_events(topics=["calls.deleted"])) == [kept]


def check_enroll(con, manager):
    assert con.enroll_event_job("calls.source", "calls.job", "worker") is None
    one = con.create_event("calls.source", payload={"kind": "a"})
    two = con.create_event("calls.source", payload={"kind": "b"})
    arguments = dict(
        source_topic=["calls.source"], target_topic="calls.job", sender="worker",
        description="Doing it", sequential=True, max_retries=0, ignore_older_than=1,
        ignore_sender_types=["robot"],
        events_filter={"conditions": [{"key": "payload/kind", "operator": "eq", "value": "b"}]},
    )
    job = con.enroll_event_job(**arguments)
    assert set(job) == {"id", "dependsOn", "hash", "status"} and job["dependsOn"] == two, job
    event = con.get_event(job["id"])
    assert (event["description"], event["sender"]) == ("Doing it", "worker"), event
    assert con.enroll_event_job(**{**arguments, "sender": "other"}) is None
    for expected in (True, False):  # one retry, with max_retries=0
        con.update_event(job["id"], status="failed")
        again = con.enroll_event_job(**arguments)
        assert (again is not None) == expected, again
    assert con.enroll_event_job("calls.source", "calls.job", "worker")["dependsOn"] == one
    # the client makes None of every refusal
    assert manager.enroll_event_job("calls.source", "calls.job", "worker") is None
    assert con.enroll_event_job("calls.source", "calls.*", "worker") is None
    assert con.enroll_event_job("calls.source", "calls.job", "w", events_filter={
        "conditions": [{"key": "nothing", "value": "x"}]}) is None


def check_event_hub(con):
    hub = con.get_event_hub()
    opened, arrived, seen = threading.Event(), threading.Event(), []

    def note(event):
        seen.append(event)
        if event.topic == "calls.hub.last":
            arrived.set()

    callbacks = [
        hub.add_callback(hub.TOPIC_CONNECTION_OPENED, opened.set),
        hub.add_callback("calls.hub.*", note),
    ]
    assert opened.wait(WAIT_SECONDS), "the event hub did not connect"
    event_id = con.create_event("calls.hub.first", summary={"a": 1}, project_name="demo")
    con.create_event("calls.other")
    con.create_event("calls.hub.last", store=False)
    assert arrived.wait(WAIT_SECONDS), "no message arrived"
    assert [event.topic for event in seen] == ["calls.hub.first", "calls.hub.last"], seen
    assert hub.is_connected() and all(callback.enabled for callback in callbacks)
    assert (seen[0].id, seen[0].summary, seen[0].store) == (event_id, {"a": 1}, True), seen[0]
    hub.stop()


def main(url, service_key, manager_key):
    con = recorded(ayon_api.ServerAPI(url, service_key))
    manager = ayon_api.ServerAPI(url, manager_key)
    assert con.is_service_user()
    checks = {
        "dispatch": lambda: check_dispatch(con),
        "update": lambda: check_update(con),
        "get_events": lambda: check_get_events(con, manager),
        "pages": lambda: check_pages(con),
        "delete": lambda: check_delete(con, manager),
        "enroll": lambda: check_enroll(con, manager),
        "event hub": lambda: check_event_hub(con),
    }
    for check in checks.values():
        check()
    print(json.dumps({"passed": list(checks), "neverGiven": arguments_never_given()}))


main(*sys.argv[1:])
