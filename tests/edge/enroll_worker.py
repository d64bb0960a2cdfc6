"""One worker of a queue: python enroll_worker.py URL API_KEY SENDER

Enrolls with the unmodified AYON client until nothing is left; prints the ids of the sources it did.
"""
import json
import sys

import ayon_api


def main(url, key, sender):
    con = ayon_api.ServerAPI(url, key)
    done = []
    while True:
        job = con.enroll_event_job("demo.source", "demo.process", sender)
        if job is None:
            break
        con.update_event(job["id"], sender=sender, status="in_progress")
        con.update_event(job["id"], sender=sender, status="finished")
        done.append(job["dependsOn"])
    print(json.dumps(done))


main(*sys.argv[1:])
