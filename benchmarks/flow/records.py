"""GitHub events to load with: recorded ones looped under new ids, or made up where none are at hand."""

import glob
import gzip
import json
import os
import random

LINES_PER_FILE = 50_000


class Events:
    def __init__(self, folder):
        self.events = []
        for path in sorted(glob.glob(os.path.join(folder, "*.json.gz"))) if folder else []:
            with gzip.open(path, "rt", encoding="utf-8") as f:
                self.events += [json.loads(line) for line in f if line.strip()]
        self.origin = f"{len(self.events)} recorded ones, looped under new ids" if self.events else "made up"
        if not self.events:
            self.events = [made_up(random.Random(n)) for n in range(500)]
        self.given = 0

    def write(self, path, count, created):
        """A file as GH Archive has them: `count` events with ids that were never given before, that happened then, or as it says of each."""
        with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as out:
            for number in range(count):
                self.given += 1
                event = dict(self.events[self.given % len(self.events)])
                event["id"] = str(40_000_000_000 + self.given)
                event["created_at"] = created(number) if callable(created) else created
                out.write(json.dumps(event, separators=(",", ":")) + "\n")
        return os.path.getsize(path)


def made_up(rnd):
    words = [format(rnd.getrandbits(30), "x") for _ in range(120)]
    actor = {"id": rnd.randrange(10**8), "login": words[0], "display_login": words[0], "gravatar_id": "",
             "url": f"https://api.github.com/users/{words[0]}", "avatar_url": "https://avatars.githubusercontent.com/u/1"}
    commits = [{"sha": format(rnd.getrandbits(160), "040x"), "author": {"email": f"{w}@example.org", "name": w},
                "message": " ".join(rnd.sample(words, 20)), "distinct": True,
                "url": f"https://api.github.com/repos/{words[1]}/{words[2]}/commits/1"} for w in words[3:6]]
    return {"id": "0", "type": "PushEvent", "actor": actor,
            "repo": {"id": rnd.randrange(10**8), "name": f"{words[1]}/{words[2]}",
                     "url": f"https://api.github.com/repos/{words[1]}/{words[2]}"},
            "payload": {"push_id": rnd.randrange(10**10), "size": 3, "distinct_size": 3, "ref": "refs/heads/main",
                        "head": commits[0]["sha"], "before": commits[1]["sha"], "commits": commits},
            "public": True, "created_at": ""}
