package com.databroker.systemtests;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What is announced about files, from the moment this is open.
final class SshHeard implements AutoCloseable {
    private final TestBroker broker;
    private final Peer events;
    private int marks;

    SshHeard(TestBroker broker) throws IOException, InterruptedException {
        this.broker = broker;
        this.events = Peers.curl(broker, "/events?topic=files/**");
        events.await(": welcome");
    }

    /// All that was announced until now, as `FILE CREATED a/b by alice`; each version is a new one.
    List<String> until() throws IOException, InterruptedException {
        marks++;
        String mark = "mark" + marks;
        broker.request("PUT", "/files/" + mark, mark);
        List<String> heard = new ArrayList<>();
        List<Object> versions = new ArrayList<>();
        while (true) {
            String line = events.await(each -> each.startsWith("data:") && each.contains("\"FILE "));
            Map<String, ?> event =
                    Json.parseObject(Bytes.utf8(line.substring("data:".length()).strip()));
            Map<?, ?> data = event.get("data") instanceof Map<?, ?> inside ? inside : event;
            if (String.valueOf(data.get("path")).equals(mark)) {
                return heard;
            }
            if (versions.contains(data.get("version"))) {
                throw new AssertionError("announced twice: " + line);
            }
            versions.add(data.get("version"));
            heard.add(data.get("event") + " " + data.get("path") + " by " + data.get("principal"));
        }
    }

    @Override
    public void close() {
        events.close();
    }
}
