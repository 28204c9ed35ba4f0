package com.databroker.streams;

import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The contract of every hot store, in a real Elasticsearch.
final class ElasticHotStoreTest extends HotStoreContract {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static @Nullable ElasticServer server;

    @BeforeAll
    static void serve() throws Exception {
        server = ElasticServer.shared();
    }

    @Override
    HotStore open(InstantSource clock) throws IOException {
        return new ElasticHotStore(
                java.util.Objects.requireNonNull(server).config("contract" + NUMBER.incrementAndGet()),
                List.of(),
                clock);
    }

    @AfterEach
    void clean() throws IOException {
        store().delete(SOURCE);
    }

    @Test
    void every_query_finds_what_it_finds_in_the_index_of_this_process() throws Exception {
        long seed = Long.getLong("query.seed", 0);
        int queries = Integer.getInteger("query.times", 200);
        StreamQueryMatcherTest.agree(store(), new SplittableRandom(seed), queries, "seed " + seed);
    }
}
