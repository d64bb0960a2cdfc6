"""One worker of a queue: python enroll_worker.py URL API_KEY SENDER SOURCE_TOPIC TARGET_TOPIC [--sequential]

Enrolls with the unmodified AYON client and finishes what it gets, until there is nothing for a second (in a
queue that is not sequential: at once); prints the ids of the sources it did.
"""
import json
import sys
import time

import ayon_api

PAUSE_SECONDS = 0.005
PATIENCE = 200  # pauses


def main(url, key, sender, source, target, sequential=None):
    con = ayon_api.ServerAPI(url, key)
    done = []
    waited = 0
    while waited <= (PATIENCE if sequential else 0):
        job = con.enroll_event_job(source, target, sender, sequential=sequential is not None)
        if job is None:
            waited += 1
            time.sleep(PAUSE_SECONDS)
            continue
        waited = 0
        con.update_event(job["id"], status="in_progress")
        con.update_event(job["id"], status="finished")
        done.append(job["dependsOn"])
    print(json.dumps(done))


main(*sys.argv[1:])
