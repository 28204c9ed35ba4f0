package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The users file changed by hand, also while others upload it.
class UsersOnDiskTest {
    private static final String USERS = "/files/broker_users.xml";

    @TempDir
    Path folder;

    @Test
    @Timeout(120)
    void editing_the_users_file_by_hand_while_others_upload_it_stops_nobody() throws Exception {
        try (TestBroker broker = TestBroker.start(folder.resolve("data"))) {
            Path users = folder.resolve("data").resolve("files").resolve("broker_users.xml");
            String content = Files.readString(users);
            AtomicBoolean done = new AtomicBoolean();
            Thread editor = Thread.ofVirtual().start(() -> edit(users, content, done));
            for (int i = 0; i < 300; i++) {
                assertThat(broker.request("PUT", USERS, content + "<!-- " + i + " -->")
                                .statusCode())
                        .isBetween(201, 204);
            }
            done.set(true);
            editor.join();
            // The gate still looks at the disk: a user written by hand comes in.
            String token = broker.user("late", "read:**");
            assertThat(broker.requestAs(token, "GET", "/files/", "").statusCode())
                    .isEqualTo(200);
        }
    }

    private void edit(Path users, String content, AtomicBoolean done) {
        try {
            for (int i = 0; !done.get(); i++) {
                Path temporary = Files.writeString(folder.resolve("edited.xml"), content + "<!-- edit " + i + " -->");
                Files.move(temporary, users, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (java.io.IOException failed) {
            throw new java.io.UncheckedIOException(failed);
        }
    }
}
