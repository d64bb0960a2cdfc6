"""Drives a hub with the unmodified AYON client: python ayon_client.py URL API_KEY [--delete]

Prints one JSON object of what it saw; any surprise is an exception.
"""
import json
import sys

import ayon_api
from ayon_api.exceptions import HTTPRequestError
from ayon_api.utils import SortOrder

TOPICS = [
    "entity.folder.created", "entity.folder.status_changed", "entity.folder.attrib_changed",
    "entity.product.created", "entity.version.created", "entity.version.status_changed",
    "entity.representation.created", "entity.task.created", "entity.task.assignees_changed",
    "entity.workfile.created", "entity.project.created", "entity_list.created", "link.created",
    "activity.created", "reviewable.created", "settings.changed", "bundle.updated",
    "access_group.updated", "log.info", "log.error", "import.data", "ftrack.sync_to_ayon",
]


def main(url, key, delete):
    con = ayon_api.ServerAPI(url, key)
    con.set_sender("conformance")
    con.set_sender_type("test")
    assert con.is_service_user(), "the service key was not taken for one"

    ids = []
    for number in range(200):
        ids.append(con.dispatch_event(
            TOPICS[number % len(TOPICS)],
            project_name="demo" if number % 3 else None,
            description=f"event number {number}",
            summary={"number": number},
            payload={"text": "kůň", "list": [number, 1.5, None]},
            finished=number % 10 != 0,
        ).data["id"])

    job = ids[0]
    con.update_event(job, status="in_progress", progress=10)
    for progress in (35, 60, 85):
        con.update_event(job, progress=progress)
    con.update_event(job, status="finished", description="job done", summary={"done": True})
    con.update_event(ids[10], status="failed", retries=2)

    event = con.get_event(ids[7])
    assert event["summary"] == {"number": 7} and event["payload"]["text"] == "kůň", event
    assert event["sender"] == "conformance" and event["senderType"] == "test", event
    assert con.get_event(job)["status"] == "finished"

    every = {e["id"] for e in con.get_events(include_logs=True)}
    assert every >= set(ids), "get_events missed some"
    listed = [e["id"] for e in con.get_events(topics=["entity.*"], fields={"id", "topic", "summary"})]
    newest = [e["id"] for e in con.get_events(order=SortOrder.descending, include_logs=True)]
    failed = [e["id"] for e in con.get_events(statuses=["failed"])]
    mine = [e for e in con.get_events(text_filter="number 123")]
    assert failed == [ids[10]], failed
    assert len(mine) == 1 and mine[0]["id"] == ids[123], mine
    assert newest[0] == ids[-1] and set(newest) == every and len(newest) == len(every), "descending"

    con.create_event("demo.hash", event_hash="once")
    try:
        con.dispatch_event("demo.hash", event_hash="once")
        raise AssertionError("a taken hash was accepted")
    except HTTPRequestError as error:
        assert "409" in str(error), error
    if delete:
        con.delete_event(con.create_event("demo.leftover"))
    print(json.dumps({"ids": ids, "topics": len(set(TOPICS)), "entities": len(listed), "job": job}))


main(sys.argv[1], sys.argv[2], "--delete" in sys.argv)
