package com.databroker.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.access.Principal;
import com.databroker.core.ByteSize;
import com.databroker.core.Bytes;
import com.databroker.core.Event;
import com.databroker.core.Pattern;
import com.databroker.core.Position;
import com.databroker.core.Publication;
import com.databroker.core.Topic;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class EventReaderTest {
    private final EventPlane plane = EventPlane.open(
            new EventsConfig(
                    new ByteSize(1 << 20), Duration.ofMinutes(5), new ByteSize(1 << 16), 100, new ByteSize(1 << 16)),
            InstantSource.fixed(Instant.ofEpochMilli(7)));
    private final EventReader reader = plane.reader(Pattern.of("a/**")::matches);

    @AfterEach
    void close() {
        plane.close();
    }

    private void publish(String topic, int bytes) {
        plane.publish(
                Principal.broker(),
                new Publication(Topic.of(topic), Bytes.utf8("x".repeat(bytes)), null, Map.of()),
                "test");
    }

    private static List<String> topics(EventReader.Batch batch) {
        return batch.events().stream().map(Event::topic).map(Topic::text).toList();
    }

    @Test
    void it_reads_what_is_wanted_once_in_pieces_and_from_a_position_again() {
        for (int i = 0; i < 10; i++) {
            publish("a/" + i, 10);
            publish("b/" + i, 10);
        }
        EventReader.Batch first = reader.read(3, 1000);
        assertThat(topics(first)).containsExactly("a/0", "a/1", "a/2");
        assertThat(first.next()).isEqualTo(new Position(7, 5));
        assertThat(topics(reader.read(100, 25))).containsExactly("a/3", "a/4", "a/5");
        EventReader.Batch rest = reader.read(100, 1000);
        assertThat(topics(rest)).containsExactly("a/6", "a/7", "a/8", "a/9");
        assertThat(rest.next()).isEqualTo(plane.next());
        assertThat(reader.read(100, 1000).events()).isEmpty();
        reader.seek(first.next());
        assertThat(reader.read(100, 1000).events()).hasSize(7);
    }

    @Test
    void what_left_the_window_is_counted_and_who_can_wait_waits_only_for_a_reader_that_goes_on() {
        List<Event> read = new ArrayList<>();
        assertThat(plane.isCrowded()).isFalse();
        for (int i = 0; i < 100; i++) {
            publish("a/" + i, 60_000);
        }
        assertThat(plane.isCrowded()).isTrue();
        reader.holdUp(false);
        assertThat(plane.isCrowded()).isFalse();
        EventReader.Batch batch = reader.read(1000, 1 << 30);
        read.addAll(batch.events());
        assertThat(batch.lost()).isPositive();
        assertThat(batch.lost() + read.size()).isEqualTo(100);
        assertThat(read.getLast().topic().text()).isEqualTo("a/99");
        reader.holdUp(true);
        assertThat(plane.isCrowded()).isFalse();
        reader.close();
        assertThat(reader.read(10, 10).lost()).isZero();
    }
}
