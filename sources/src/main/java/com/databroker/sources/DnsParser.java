package com.databroker.sources;

import com.databroker.streams.Collected;
import com.databroker.streams.DataRecord;
import com.databroker.streams.FieldType;
import com.databroker.streams.PoisonException;
import com.databroker.streams.RecordParser;
import com.databroker.streams.Schema;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/// Makes records of `dns.query.v1` of what [DnsReader] collected, or another program wrote in the same
/// form. Members it does not know are passed over.
final class DnsParser implements RecordParser {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int ID = DnsSchema.QUERY.place("id");

    private final DnsEnrichment enrichment = new DnsEnrichment();

    // What belongs to an inner record, until that is built.
    private DataRecord.Builder client = DataRecord.of(DnsSchema.CLIENT);
    private DataRecord.Builder flags = DataRecord.of(DnsSchema.FLAGS);
    private boolean hasClient;
    private boolean hasFlags;
    private boolean response;
    private int size;

    @Override
    public DataRecord parse(Collected collected, Instant arrived) throws PoisonException {
        client = DataRecord.of(DnsSchema.CLIENT);
        flags = DataRecord.of(DnsSchema.FLAGS);
        hasClient = false;
        hasFlags = false;
        response = false;
        size = -1;
        byte[] json = collected.json().toArray();
        DataRecord.Builder into = DataRecord.of(DnsSchema.QUERY).set(ID, collected.id());
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json, 0, json.length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new PoisonException("not a JSON object");
            }
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                member(name, parser, into);
            }
        } catch (JacksonException e) {
            throw new PoisonException("not the JSON of a DNS message: " + e.getOriginalMessage(), e);
        }
        if (hasClient) {
            into.set("client", client.build());
        }
        if (hasFlags) {
            into.set("flags", flags.build());
        }
        if (size >= 0 && response) {
            into.set("response_size", size);
        }
        return into.build();
    }

    private void member(String name, JsonParser parser, DataRecord.Builder into) throws PoisonException {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return;
        }
        switch (name) {
            case "ts" -> {
                long nanos = parser.getLongValue();
                into.set("ts", Math.floorDiv(nanos, 1000L)).set("ts_nanos", (int) Math.floorMod(nanos, 1000L));
            }
            case "client" -> client(parser.getString(), into);
            case "client_port" -> {
                client.set("port", parser.getIntValue());
                hasClient = true;
            }
            case "server" -> {
                into.set("server_addr", parser.getString());
                into.set("family", parser.getString().indexOf(':') >= 0 ? "inet6" : "inet");
            }
            case "qr" -> {
                response = parser.getBooleanValue();
                flag("qr", response);
            }
            case "flags" -> flags(parser);
            case "opcode" -> into.set("opcode", DnsCodes.opcode(parser.getIntValue()));
            case "rcode" -> into.set("rcode", DnsCodes.rcode(parser.getIntValue()));
            case "qname" -> {
                into.set("qname", parser.getString());
                enrichment.name(parser.getString(), into);
            }
            case "qtype" -> {
                into.set("qtype", DnsCodes.type(parser.getIntValue()));
                into.set("qtype_code", parser.getIntValue());
            }
            case "qclass" -> into.set("qclass", DnsCodes.dnsClass(parser.getIntValue()));
            case "edns" -> into.set("edns", edns(parser));
            case "answer_records" -> into.set("answer_records", answers(parser));
            case "size" -> {
                size = parser.getIntValue();
                into.set("size", size);
            }
            default -> scalar(name, parser, into);
        }
    }

    /// A member that is a field of the same name.
    private static void scalar(String name, JsonParser parser, DataRecord.Builder into) throws PoisonException {
        Schema schema = DnsSchema.QUERY;
        int place = schema.place(name);
        if (place < 0 || place == ID || !(schema.field(place).type() instanceof FieldType.Scalar type)) {
            parser.skipChildren();
            return;
        }
        into.set(place, value(type, parser));
    }

    private static Object value(FieldType.Scalar type, JsonParser parser) throws PoisonException {
        return switch (type) {
            case KEYWORD, TEXT, JSON -> text(parser);
            case INT -> parser.getIntValue();
            case LONG, TIME -> parser.getLongValue();
            case DOUBLE -> parser.getDoubleValue();
            case BOOL -> parser.getBooleanValue();
        };
    }

    private static String text(JsonParser parser) throws PoisonException {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw new PoisonException(parser.currentName() + " is no text");
        }
        return parser.getString();
    }

    private void client(String address, DataRecord.Builder into) {
        client.set("addr", address).set("prefix", prefix(address));
        hasClient = true;
        into.set("family", address.indexOf(':') >= 0 ? "inet6" : "inet");
    }

    private static @Nullable String prefix(String address) {
        byte[] bytes = DnsAddresses.parse(address);
        if (bytes == null) {
            return null;
        }
        int kept = bytes.length == DnsAddresses.V4 ? 3 : 6;
        Arrays.fill(bytes, kept, bytes.length, (byte) 0);
        DnsJson text = new DnsJson();
        DnsAddresses.write(bytes, 0, bytes.length, text);
        return text.raw('/').number(kept * 8L).copy().utf8();
    }

    private void flag(String name, boolean value) {
        flags.set(name, value);
        hasFlags = true;
    }

    private void flags(JsonParser parser) throws PoisonException {
        for (String name : List.of("aa", "tc", "rd", "ra", "ad", "cd")) {
            flag(name, false);
        }
        while (more(parser)) {
            String name = text(parser);
            if (DnsSchema.FLAGS.place(name) >= 0) {
                flag(name, true);
            }
        }
    }

    private static boolean more(JsonParser parser) {
        JsonToken next = parser.nextToken();
        return next != JsonToken.END_ARRAY && next != null;
    }

    private DataRecord edns(JsonParser parser) {
        DataRecord.Builder edns = DataRecord.of(DnsSchema.EDNS);
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            switch (name) {
                case "version" -> edns.set("version", parser.getIntValue());
                case "udp_size" -> edns.set("udp_size", parser.getIntValue());
                case "do" -> flag("do", parser.getBooleanValue());
                case "options" -> {
                    List<Integer> options = new ArrayList<>();
                    while (more(parser)) {
                        options.add(parser.getIntValue());
                    }
                    edns.set("options", options);
                }
                default -> parser.skipChildren();
            }
        }
        return edns.build();
    }

    private static List<DataRecord> answers(JsonParser parser) throws PoisonException {
        List<DataRecord> answers = new ArrayList<>();
        while (more(parser)) {
            DataRecord.Builder answer = DataRecord.of(DnsSchema.ANSWER);
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                switch (name) {
                    case "name" -> answer.set("name", text(parser));
                    case "type" -> answer.set("type", DnsCodes.type(parser.getIntValue()));
                    case "ttl" -> answer.set("ttl", parser.getLongValue());
                    case "data" -> answer.set("data", text(parser));
                    default -> parser.skipChildren();
                }
            }
            answers.add(answer.build());
        }
        return answers;
    }
}
