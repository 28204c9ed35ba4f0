"""Power cuts of the streams plane: files of events go into the inbox; after a cut every record of every file that is there has
to be in both stores, once."""

import datetime
import gzip
import http.client
import io
import json
import os
import platform
import random
import tempfile
import threading
import time

from powercut.stage import Broker, found, volatile_disk

STREAM = "github"
SETTINGS = {"DATABROKER_STREAMS_ENABLED": "true", "DATABROKER_STREAMS_FLINK_CHECKPOINT_INTERVAL": "1s",
            "DATABROKER_STREAMS_ROOM_MIN": "1MiB", "DATABROKER_CACHE": "use"}
PATIENCE = 240
KINDS = (("files", "files acknowledged and not there"), ("hot", "records missing in the hot store"),
         ("cold", "records missing in the cold store"), ("double", "records that are in the cold store twice"),
         ("start", "starts that failed, or never came to an end"))


class Feeder(threading.Thread):
    """Puts files of some events into the inbox, as fast as it is answered."""

    def __init__(self, broker, seed, before=None):
        super().__init__(daemon=True)
        self.broker, self.random = broker, random.Random(seed)
        self.answered, self.errors = [], []
        self.number, self.events = (before.number, before.events) if before else (0, 0)
        self.ended = threading.Event()

    def run(self):
        while not self.ended.is_set():
            self.number += 1
            number = self.number
            try:
                answer, _ = self.broker.ask("PUT", f"/files/inbox/{STREAM}/{number}.json.gz", self.file())
                if answer.status != 201:
                    raise RuntimeError(f"file {number} was answered with {answer.status}")
                self.answered.append(number)
                time.sleep(self.random.uniform(0, 0.3))
            except (OSError, RuntimeError, http.client.HTTPException) as wrong:
                self.errors.append(repr(wrong))
                return

    def file(self):
        out = io.BytesIO()
        with gzip.open(out, "wt", encoding="utf-8", compresslevel=1) as lines:
            for _ in range(self.random.choice((1, 30, 300))):
                self.events += 1
                lines.write(json.dumps({
                    "id": str(self.events), "type": "WatchEvent", "public": True, "created_at": "2026-11-28T12:00:00Z",
                    "actor": {"id": 1, "login": "a"}, "repo": {"id": 1, "name": "a/b"}, "payload": {"action": "started"}}) + "\n")
        return out.getvalue()


def events_of(inbox):
    """The ids that the files hold which are there."""
    ids = set()
    for name in os.listdir(inbox) if os.path.isdir(inbox) else []:
        if name.endswith(".json.gz"):
            with gzip.open(os.path.join(inbox, name), "rt", encoding="utf-8") as lines:
                ids |= {json.loads(line)["id"] for line in lines}
    return ids


def settled(broker, wanted):
    """The last status, when all is in, or when there was time enough."""
    status, end = {}, time.monotonic() + PATIENCE
    while time.monotonic() < end:
        answer, body = broker.ask("GET", f"/streams/{STREAM}/status")
        if answer.status == 200:
            status = json.loads(body)
            if status["hot"] == status["cold"] == wanted and status["waiting"] == status["lag"] == 0:
                break
        time.sleep(0.5)
    return status


def compare(answered, place, log):
    wrong = {kind: 0 for kind, _ in KINDS}
    data = os.path.join(place, "data")
    inbox = os.path.join(data, "files", "inbox", STREAM)
    wrong["files"] = sum(not os.path.exists(os.path.join(inbox, f"{number}.json.gz")) for number in answered)
    ids = events_of(inbox)
    try:
        broker = Broker(data, log, settings=SETTINGS)
    except (RuntimeError, OSError) as failed:
        return {**wrong, "start": 1, "why": str(failed)[-300:]}, 0
    try:
        status = settled(broker, len(ids))
        if not status or status["waiting"] or status["lag"] or status["phase"] != "running":
            wrong["start"] = 1
        wrong["hot"] = max(0, len(ids) - status.get("hot", 0))
        wrong["cold"] = max(0, len(ids) - status.get("cold", 0))
        wrong["double"] = max(0, status.get("cold", 0) - len(ids))
        if any(wrong.values()):
            wrong["why"] = json.dumps(status)
        return wrong, len(ids)
    finally:
        broker.kill()


def campaign(options, work, raw):
    chance = random.Random(options.seed)
    totals = {"cuts": 0, "records": 0}
    with volatile_disk(work, options) as (mounted, cut):
        data = os.path.join(mounted, "data")
        os.mkdir(data)
        broker, feeder, answered = None, None, []
        try:
            for number in range(options.cuts):
                # One broker at a time: two lives of the same Kafka would talk to each other.
                broker = Broker(data, os.path.join(work, "first.log"), settings=SETTINGS)
                feeder = Feeder(broker, options.seed + number, feeder)
                feeder.start()
                settled_once(broker)
                time.sleep(chance.uniform(0.05, 6))
                image = os.path.join(work, f"{number}.img")
                before = answered + feeder.answered
                left = cut(image)
                feeder.ended.set()
                feeder.join(60)
                answered += feeder.answered
                totals["errors"] = totals.get("errors", 0) + len(feeder.errors)
                broker.kill()
                with found(work, image) as place:
                    wrong, records = compare(before, place, os.path.join(work, f"{number}.log"))
                totals["cuts"] += 1
                totals["records"] += records
                for kind, _ in KINDS:
                    totals[kind] = totals.get(kind, 0) + wrong[kind]
                line = {"cut": number, "answered": len(before), "records": records, "disk": left,
                        **{kind: count for kind, count in wrong.items() if count}}
                raw.write(json.dumps(line) + "\n")
                raw.flush()
                print(json.dumps(line), flush=True)
        finally:
            if broker:
                broker.kill()
    return totals


def settled_once(broker):
    """Cuts before the engines are up would find nothing of them."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        answer, body = broker.ask("GET", f"/streams/{STREAM}/status")
        if answer.status == 200 and json.loads(body)["phase"] == "running" and json.loads(body)["cold"] > 0:
            return
        time.sleep(0.2)
    raise RuntimeError("nothing came into the cold store")


def main(options):
    day = datetime.date.today().isoformat()
    path = os.path.join(options.out, f"{day}-{options.name}")
    with open(path + ".jsonl", "w", encoding="utf-8") as raw, tempfile.TemporaryDirectory(prefix="power-cut-") as work:
        totals = campaign(options, work, raw)
    lines = ["# Power cuts under the streams plane", "",
             f"{day}; {os.cpu_count()} cores, Linux {platform.release().split('-')[0]}, ext4.", "",
             "Files of GitHub events are put into the inbox of a broker on a disk with a volatile cache, with Kafka, Flink and both stores within it.",
             "After a cut a broker is started on what is left, and has some minutes to bring every record of every file into both stores.", "",
             "| | |", "| --- | --- |", f"| cuts | {totals['cuts']} |", f"| records on the disks found | {totals['records']:,} |",
             *(f"| **{words}** | {totals.get(kind, 0)} |" for kind, words in KINDS), "",
             f"`benchmarks/power-cut --plane streams --cuts {options.cuts} --seed {options.seed}`; every cut: `{day}-{options.name}.jsonl`.", ""]
    with open(path + ".md", "w", encoding="utf-8") as out:
        out.write("\n".join(lines))
    print("\n".join(lines))
    return 1 if any(totals.get(kind, 0) for kind, _ in KINDS) else 0
