"""What is measured of the objects plane, always from the side of a Java program."""

ROWS = 200_000


def filled(peers, rows=ROWS):
    jdbc = peers.postgres()
    peers.run("fill", jdbc=jdbc, rows=rows)
    return jdbc


def get(peers, options):
    """One object of 200 bytes that no cache has, one after the other."""
    jdbc, embedded = filled(peers), f"jdbc:h2:{peers.folder}/shop"
    peers.run("fill", jdbc=embedded, rows=ROWS)
    h2, h2_token = peers.broker("h2", embedded)
    pg, pg_token = peers.broker("pg", jdbc)
    return peers.run("get", h2=h2, h2_token=h2_token, postgres=pg, postgres_token=pg_token, jdbc=jdbc, redis=peers.redis(), grpc=peers.grpc(),
                     rows=ROWS, calls=options.calls, warm=4, rounds=options.rounds)


def rabbit(peers, options):
    """One object of 200 bytes over RabbitMQ, beside a call over RabbitMQ with messages of the same sizes."""
    embedded = f"jdbc:h2:{peers.folder}/shop"
    peers.run("fill", jdbc=embedded, rows=ROWS)
    uri = peers.rabbit()
    h2, h2_token = peers.broker("h2", embedded, **{"amqp.uri": uri})
    return peers.run("rabbit", h2=h2, h2_token=h2_token, rabbit=uri, rows=ROWS, calls=options.calls, warm=10, rounds=options.rounds)


def cached(peers, options):
    """What the client has already, on 1024 objects."""
    url, token = peers.broker("pg", filled(peers, 2000))
    return peers.run("cached", postgres=url, postgres_token=token, warm=2, rounds=options.rounds)


def page(peers, options):
    """10,000 rows with what they refer to, beside the same rows by JDBC, alone and through a program that hands them on."""
    jdbc = filled(peers)
    url, token = peers.broker("pg", jdbc)
    return peers.run("page", postgres=url, postgres_token=token, jdbc=jdbc, rows=peers.rows(jdbc), warm=options.warm_pages, rounds=options.rounds)


def stale(peers, options):
    """How long a cache shows what is not true any more."""
    jdbc = filled(peers, 2000)
    (one, one_token), (two, two_token) = peers.broker("one", jdbc), peers.broker("two", jdbc)
    return peers.run("stale", postgres=one, postgres_token=one_token, second=two, second_token=two_token, redis=peers.redis(),
                     rate=200, seconds=options.seconds, warm=4, rounds=options.rounds)


def commit(peers, options):
    """64 clients, nine reads to a commit, beside the same statements by JDBC: as 64 programs and as 64 threads of one, of objects
    chosen evenly, and by popularity."""
    jdbc = filled(peers)
    url, token = peers.broker("pg", jdbc)
    return peers.run("commit", postgres=url, postgres_token=token, jdbc=jdbc, rows=ROWS, seconds=options.seconds, warm=2,
                     rounds=options.rounds)


def metadata(peers, options):
    """Opening a store of 1,000 tables, in the process that measures."""
    jdbc = peers.postgres()
    peers.run("tables", jdbc=jdbc, tables=1000)
    return peers.run("metadata", jdbc=jdbc, folder=peers.folder, warm=1, rounds=options.rounds)


CELLS = {"get": get, "rabbit": rabbit, "cached": cached, "page": page, "stale": stale, "commit": commit, "metadata": metadata}

# Of which figure of which two contestants there is a quotient, and what it shall be.
RATIOS = (
    ("get", "p50_us", "databroker-h2", "redis", "at most 1.2"),
    ("get", "p99_us", "databroker-h2", "redis", "at most 1.2"),
    ("get", "p50_us", "databroker-h2", "grpc", "at most 0.5"),
    ("get", "p50_us", "databroker-postgres", "jdbc-postgres", ""),
    ("rabbit", "p50_us", "databroker-h2", "rabbitmq", "at most 1.2"),
    ("rabbit", "p99_us", "databroker-h2", "rabbitmq", ""),
    ("page", "ms", "databroker-postgres", "jdbc-postgres", "transfer beside it"),
    ("page", "ms", "databroker-postgres", "jdbc-postgres-handed-on", "at most 1.5"),
    ("commit", "commits_per_s", "databroker-postgres", "jdbc-postgres", "at least 0.8"),
    ("commit", "commits_per_s", "databroker-postgres-zipf", "jdbc-postgres-zipf", "at least 0.8"),
    ("commit", "commits_per_s", "databroker-postgres", "jdbc-postgres-programs", ""),
    ("commit", "commits_per_s", "databroker-postgres-zipf", "jdbc-postgres-programs-zipf", ""),
    ("commit", "commits_per_s", "databroker-postgres-shared", "jdbc-postgres", "at least 0.8"),
    ("commit", "commits_per_s", "databroker-postgres-shared-zipf", "jdbc-postgres-zipf", "at least 0.8"),
)
