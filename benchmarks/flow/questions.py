"""Questions as people ask a stream of GitHub events, by the door that everybody has, over one connection that stays."""

import collections
import http.client
import json
import math
import random
import re
import statistics
import time
import urllib.parse

CONSOLE = {"limit": 50}  # what the console's page of searches adds to each of its questions
DAYS = 40  # that the cell merged has: thirty to ask for, and ten that a right search leaves alone
SPANS = (("24h", "30m"), ("3d", "1h"), ("10d", "6h"))
KEYWORDS = ("type", "action", "actor.login", "repo.name", "repo.owner", "ref", "org.login")


class Words:
    """What recorded events speak of, as often as they do."""

    def __init__(self, events):
        self.words, self.phrases, self.repos, self.logins, self.types = [], [], [], [], []
        for event in events:
            self.types.append(event["type"])
            self.repos.append(event["repo"]["name"])
            self.logins.append(event["actor"]["login"])
            payload = event["payload"]
            texts = [commit["message"] for commit in payload.get("commits", ())]
            texts += [(payload.get(part) or {}).get(key) or "" for part in ("issue", "pull_request", "comment", "release") for key in ("title", "body")]
            for text in texts:
                found = re.findall(r"[A-Za-z]{3,12}", text)[:40]
                self.words += found
                self.phrases += [f"{a} {b}" for a, b in zip(found, found[1:]) if f"{a} {b}" in text]


def kinds(words, chance, hours):
    """A question of each kind, as parameters of the address."""
    word, pick = lambda: chance.choice(words.words), chance.choice  # noqa: E731

    def span():
        first = chance.uniform(0, hours - 24)
        ago = time.time() - first * 3600
        return {"from": stamp(ago - 3600 * chance.choice((1, 6, 24))), "to": stamp(ago)}

    def console(q):
        since, step = pick(SPANS)
        return {"q": q, "from": since, "histogram": step, **CONSOLE}

    return {
        "newest": lambda: {"limit": pick((10, 100))},
        "word": lambda: {"q": word(), "limit": 100, "from": "9d"},
        "words": lambda: {"q": " ".join((word(), word(), word())[:pick((2, 3))]), "limit": 100},
        "phrase": lambda: {"q": f'"{pick(words.phrases)}"', "limit": 100},
        "field": lambda: {"q": pick((f"type:{pick(words.types)}", f'repo.name:"{pick(words.repos)}-{chance.randrange(20)}"',
                                     f'actor.login:"{pick(words.logins)}-{chance.randrange(20)}"', "actor.bot:true")), "limit": 100},
        "field_time": lambda: {"q": f"type:{pick(words.types)} {word()}", "limit": 100, **span()},
        "either": lambda: {"q": f"({word()} OR {word()}) AND NOT type:{pick(words.types)}", "limit": 100},
        "prefix": lambda: {"q": f"{word()[:4]}*", "limit": 100},
        "facet": lambda: {"q": pick(("", word(), f"type:{pick(words.types)}")), "facet": pick(KEYWORDS), "limit": 10},
        "histogram": lambda: {"q": pick(("", word(), f"type:{pick(words.types)}")), "from": "9d", "histogram": pick(("1h", "1d")), "limit": 10},
        "console": lambda: console(pick(("", word(), f"{word()} {word()}", f"type:{pick(words.types)}"))),
        "console_facet": lambda: {**console(pick(("", word(), f"type:{pick(words.types)}"))), "facet": pick(KEYWORDS)},
    }


class Door:
    def __init__(self, broker, stream="github"):
        place = urllib.parse.urlsplit(broker.context["url"])
        self.connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        self.headers, self.stream = {"Authorization": "Bearer " + broker.context["token"]}, stream

    def ask(self, parameters):
        """The answer, and after how many milliseconds all of it was there."""
        path = f"/streams/{self.stream}?" + urllib.parse.urlencode({k: v for k, v in parameters.items() if v != ""})
        begin = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        took = (time.perf_counter() - begin) * 1000
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:300]}")
        return json.loads(body), took


def pages(door, question, times, deepest=20):
    """Goes on from page to page; what each took."""
    for _ in range(deepest):
        answer, took = door.ask(question)
        times.append(took)
        if "next" not in answer:
            return
        question = {**{k: v for k, v in question.items() if k not in ("histogram", "facet")}, "after": answer["next"]}


def ask(broker, source, each, hours, seed=7):
    chance = random.Random(seed)
    door, ways = Door(broker), kinds(Words(source.events), chance, hours)
    took = collections.defaultdict(list)
    for name in list(ways) * (each // 4):  # until it is warm
        door.ask(ways[name]())
    order = list(ways) * each
    chance.shuffle(order)
    empty = 0
    for name in order:
        answer, millis = door.ask(ways[name]())
        if "partial" in answer:
            raise RuntimeError(f"{name}: {answer['partial']}")
        empty += not answer["records"]
        took[name].append(millis)
    for _ in range(max(1, each // 20)):
        pages(door, ways["console"](), took["page"])
    # Deep in the past at once, as from a link to a page.
    for _ in range(each):
        at = int((time.time() - chance.uniform(1, hours) * 3600) * 1_000_000)
        took["deep"].append(door.ask({"q": chance.choice(("", "type:PushEvent")), "after": f"{at}.0", "limit": 50})[1])
    every = [millis for times in took.values() for millis in times]
    return {"questions": len(every), "empty": empty, **shape("", every), **{k: v for name, times in took.items() for k, v in shape(name + "_", times).items()}}


def ask_past(broker, source, each, made, seed=11):
    """Questions over thirty days, of which twenty are in the cold store alone; with what they read of it."""
    chance, door, words = random.Random(seed), Door(broker), Words(source.events)
    began = int(time.time()) - 30 * 86_400
    month = {"from": stamp(began), "limit": 100}

    def days(long):
        first = began + chance.randrange(1, 18) * 86_400
        return {"from": stamp(first), "to": stamp(first + long * 86_400)}

    pick = chance.choice
    ways = {
        "newest": lambda: {"q": f"type:{pick(words.types)}", **month},
        "two_days": lambda: {"q": f"type:{pick(words.types)} {pick(words.words)}", "limit": 100, **days(2)},
        "repository": lambda: {"q": f'repo.name:"{pick(words.repos)}-{chance.randrange(1000)}"', **month},
        "id": lambda: {"q": f"event_id:{40_000_000_000 + chance.randrange(made['records'])}", **month},
        "word": lambda: {"q": pick(words.words), **month},
        "facet": lambda: {"facet": "type", **month, "limit": 10},
        "histogram": lambda: {"histogram": "1d", **month, "limit": 10},
    }
    figures = {}
    for name, way in ways.items():
        took, read = [], collections.defaultdict(list)
        for _ in range(each):
            answer, millis = door.ask(way())
            if "partial" in answer:
                raise RuntimeError(f"{name}: {answer['partial']}")
            took.append(millis)
            for key, value in answer["cold"].items():
                read[key].append(value)
        if name == "two_days" and max(read["partitionsRead"]) > 3:
            raise RuntimeError(f"two days took {max(read['partitionsRead'])} partitions")
        figures |= shape(name + "_", took)
        figures |= {f"{name}_{key}": statistics.median(values) for key, values in read.items()}
    # What happened since then, from what is known of the load: nothing is missing at the border, or there twice.
    total, _ = door.ask({"histogram": "1d", **month})
    expected = made["records"] - max(0, math.ceil((began - made["first"]) * 1e6 / made["step_us"]))
    if not total["exact"] or total["total"] != expected or sum(step["count"] for step in total["steps"]) != expected:
        raise RuntimeError(f"of {expected} records {total['total']} were found")
    return {"found": expected, **figures}


def stamp(at):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def shape(name, times):
    at = sorted(times)
    return {name + "p50_ms": round(statistics.median(at), 2), name + "p99_ms": round(at[min(len(at) - 1, int(len(at) * 0.99))], 2), name + "max_ms": round(at[-1], 2)}
