package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.streams.BodyReader;
import com.databroker.streams.Granularity;
import com.databroker.streams.RawTopic;
import com.databroker.streams.RecordParser;
import com.databroker.streams.Schema;
import com.databroker.streams.Source;
import com.databroker.streams.View;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What name servers are asked and answer: captures, dnstap, query logs. docs/reference/streams-dns.md says
/// what is read and kept.
///
/// Addresses of clients are made anonymous by the reader, before anything is stored, under a key that stays
/// where bodies are collected: it does not go to other machines with the job, where no reader is needed.
public final class DnsSource implements Source {
    private static final long serialVersionUID = 1;
    private static final int PARTITIONS = 32;
    private static final int PARTITIONS_EMBEDDED = 2;
    private static final int DAYS = 7;

    /// Whether addresses are kept as they are.
    private final boolean open;

    private final transient @Nullable Bytes key;

    private DnsSource(boolean open, @Nullable Bytes key) {
        this.open = open;
        this.key = key;
    }

    /// @param key for addresses, of 32 secret bytes: the same key gives the same address for the same
    ///     client, another key another one
    public DnsSource(Bytes key) {
        this(false, key);
        if (key.length() != DnsAddresses.KEY_BYTES) {
            throw new IllegalArgumentException(
                    "a key for addresses has " + DnsAddresses.KEY_BYTES + " bytes, this one has " + key.length());
        }
    }

    /// Keeps addresses as they are, for those who may.
    public static DnsSource withAddresses() {
        return new DnsSource(true, null);
    }

    @Override
    public String name() {
        return "dns";
    }

    @Override
    public String title() {
        return "DNS queries and responses: captures, dnstap, query logs";
    }

    @Override
    public RawTopic topic() {
        return new RawTopic("dns_data", PARTITIONS, PARTITIONS_EMBEDDED, Duration.ofDays(DAYS));
    }

    @Override
    public Schema schema() {
        return DnsSchema.QUERY;
    }

    @Override
    public String timeField() {
        return "ts";
    }

    @Override
    public List<String> headline() {
        return List.of("message_type", "qname", "qtype", "rcode");
    }

    @Override
    public Granularity granularity() {
        return Granularity.DAY;
    }

    @Override
    public boolean repeats() {
        // An id is a frame's of a body, and a body is collected once.
        return false;
    }

    @Override
    public List<View> views() {
        return List.of(
                View.values("dns-domains", "Questions and answers of each registered domain", "registered_domain"));
    }

    /// @throws IllegalStateException where the source came to another machine without its key
    @Override
    public BodyReader reader() {
        if (!open && key == null) {
            throw new IllegalStateException("the key for addresses stayed where bodies are collected");
        }
        return new DnsReader(new DnsAddresses(key));
    }

    @Override
    public RecordParser parser() {
        return new DnsParser();
    }
}
