package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Principal;
import com.databroker.access.UserSummary;
import com.databroker.files.FilesStatus;
import com.databroker.objects.ObjectsStatus;
import com.databroker.streams.CollectorStatus;
import com.databroker.streams.StreamStatus;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Looks at what may go wrong with a broker, and says of each what it found and what helps.
///
/// It reads the disk and asks the streams plane, so it belongs on a thread that may wait.
final class HealthChecks {
    private static final double ROOM_WARNING = 0.10;
    private static final double ROOM_FAILED = 0.03;
    private static final Duration EXPIRY = Duration.ofDays(14);
    private static final double CROWDED = 0.9;
    private static final double CANARY_SECONDS_MAX = 30;
    private static final Duration LATE = Duration.ofMinutes(10);

    private final AboutHandler.Parts parts;

    HealthChecks(AboutHandler.Parts parts) {
        this.parts = parts;
    }

    /// @param asks sees only the streams that it may search, and tokens only where it may see users
    List<HealthCheck> look(Principal asks) {
        List<HealthCheck> found = new ArrayList<>();
        events(found);
        files(found);
        room(found);
        objects(found);
        streams(found, asks);
        doors(found);
        parts.amqp().ifPresent(door -> found.add(door.health()));
        certificate(found);
        if (asks.may(Action.ADMIN, "users")) {
            usersFile(found);
            tokens(found);
        }
        return found;
    }

    private void events(List<HealthCheck> found) {
        long held = parts.events().next().offset() - parts.events().oldest().offset();
        found.add(HealthCheck.ok(
                "events",
                held + " held for replay, " + size(parts.events().heldBytes()) + " of "
                        + parts.events().config().window()));
        long lost = parts.events().doors().values().stream()
                .mapToLong(door -> door.lost())
                .sum();
        if (lost > 0) {
            found.add(HealthCheck.warning(
                    "slow subscribers",
                    lost + " events lost since the start",
                    "subscribers read more slowly than others published, and the window moved past them",
                    "broker/slow tells who; let them read faster or subscribe to less, or raise events.window"));
        }
    }

    private void files(List<HealthCheck> found) {
        FilesStatus status = parts.files().status();
        String value = status.files() + " files, " + size(status.bytes());
        if (!status.failure().isEmpty()) {
            found.add(HealthCheck.failed(
                    "files",
                    value,
                    "the disk failed, files are read-only: " + status.failure(),
                    "mend the disk, then start again"));
        } else if (!Files.isWritable(parts.files().root())) {
            found.add(HealthCheck.failed(
                    "files",
                    value,
                    "the folder of files is not writable",
                    "give the broker's user the right to write there"));
        } else {
            found.add(HealthCheck.ok("files", value));
        }
        status.quotas().forEach(quota -> quota(found, quota));
        FilesStatus.Watching watching = status.watching();
        String watched = watching.kind() + ", " + watching.folders() + " folders";
        if (watching.why().isEmpty()) {
            found.add(HealthCheck.ok("changes on the disk", watched + (watching.scanning() ? ", comparing" : "")));
        } else {
            found.add(HealthCheck.warning(
                    "changes on the disk",
                    watched,
                    watching.why(),
                    "changes of other programs are noticed later; raise the limit that is named"));
        }
    }

    private static void quota(List<HealthCheck> found, FilesStatus.Quota quota) {
        List<String> limits = new ArrayList<>();
        List<String> keys = new ArrayList<>();
        if (quota.bytesMax() > 0) {
            limits.add(size(quota.bytes()) + " of " + size(quota.bytesMax()));
            keys.add("files.rules." + quota.rule() + ".quota");
        }
        if (quota.filesMax() > 0) {
            limits.add(quota.files() + " of " + quota.filesMax() + " files");
            keys.add("files.rules." + quota.rule() + ".files-max");
        }
        String name = "quota " + quota.rule();
        String value = quota.path() + ": " + String.join(", ", limits);
        String remedy = "delete what is not needed, or raise " + String.join(" or ", keys);
        if (quota.full() >= 1) {
            found.add(HealthCheck.failed(name, value, "it is full: uploads there are refused", remedy));
        } else if (quota.full() >= CROWDED) {
            String why = String.format(Locale.ROOT, "%.1f %% of it are taken", quota.full() * 100);
            found.add(HealthCheck.warning(name, value, why, remedy));
        } else {
            found.add(HealthCheck.ok(name, value));
        }
    }

    private void objects(List<HealthCheck> found) {
        for (ObjectsStatus.Store store : parts.objects().status().stores()) {
            String name = "store " + store.name();
            String value = store.kind() + ", " + store.types() + " types";
            if (store.reachable()) {
                found.add(HealthCheck.ok(name, value));
            } else {
                found.add(HealthCheck.failed(
                        name,
                        value,
                        "it does not answer: its objects can be neither read nor changed",
                        "start it, or mend objects.stores." + store.name() + "; the rest goes on"));
            }
        }
        parts.objects().canaries().forEach((store, canary) -> {
            if (canary.oldSeconds() > CANARY_SECONDS_MAX) {
                found.add(HealthCheck.failed(
                        "canary of " + store,
                        canary.object(),
                        String.format(Locale.ROOT, "its copy has been old for %.0f seconds", canary.oldSeconds()),
                        "changes of this store are told late or not at all: see the broker's log"));
            } else {
                found.add(HealthCheck.ok("canary of " + store, canary.object()));
            }
        });
    }

    private void room(List<HealthCheck> found) {
        Path data = parts.data().path();
        Path files = parts.files().root();
        room(found, "room for data", data);
        try {
            if (!Files.getFileStore(data).equals(Files.getFileStore(files))) {
                room(found, "room for files", files);
            }
        } catch (IOException unknown) {
            found.add(HealthCheck.failed(
                    "room for files", "unknown", String.valueOf(unknown.getMessage()), "look at the disk"));
        }
    }

    private static void room(List<HealthCheck> found, String name, Path folder) {
        try {
            FileStore store = Files.getFileStore(folder);
            long free = store.getUsableSpace();
            double share = (double) free / Math.max(1, store.getTotalSpace());
            String value = size(free) + " of " + size(store.getTotalSpace()) + " free";
            String why = String.format(Locale.ROOT, "%.1f %% of the disk are left", share * 100);
            String remedy = "delete what is not needed, or make the disk larger";
            if (share < ROOM_FAILED) {
                found.add(HealthCheck.failed(name, value, why, remedy));
            } else if (share < ROOM_WARNING) {
                found.add(HealthCheck.warning(name, value, why, remedy));
            } else {
                found.add(HealthCheck.ok(name, value));
            }
        } catch (IOException unknown) {
            found.add(HealthCheck.failed(name, "unknown", String.valueOf(unknown.getMessage()), "look at the disk"));
        }
    }

    private void streams(List<HealthCheck> found, Principal asks) {
        StreamSources all = parts.streams();
        if (all == null) {
            found.add(HealthCheck.ok("streams", "switched off (streams.enabled)"));
            return;
        }
        StreamStatus.Phase phase = all.plane().phase();
        String value = phase.name().toLowerCase(Locale.ROOT);
        Optional<String> failure = all.plane().failure();
        if (failure.isPresent()) {
            found.add(HealthCheck.failed(
                    "streams", value, failure.get(), "see the broker's log; the other planes go on"));
        } else {
            found.add(HealthCheck.ok("streams", value));
        }
        if (all.plane().isReady()) {
            all.plane().status().stream()
                    .filter(status -> asks.may(Action.SEARCH, status.name()))
                    .forEach(status -> stream(found, status));
        }
        all.refused().stream()
                .filter(refused -> asks.may(Action.SEARCH, refused.name()))
                .forEach(refused -> found.add(HealthCheck.failed(
                        "stream " + refused.name(),
                        "left out",
                        refused.line(),
                        "correct its definition (databroker streams check says all that is wrong), then start again")));
        all.plane().collectors().stream()
                .filter(collector -> asks.may(Action.SEARCH, collector.stream()))
                .forEach(collector -> collector(found, collector));
    }

    private static void stream(List<HealthCheck> found, StreamStatus status) {
        String name = "stream " + status.name();
        String phase = status.phase().name().toLowerCase(Locale.ROOT);
        boolean fine = status.phase() == StreamStatus.Phase.RUNNING || status.phase() == StreamStatus.Phase.STARTING;
        if (!fine) {
            found.add(HealthCheck.failed(name, phase, status.detail(), "see its page and the broker's log"));
        } else if (!status.damage().isEmpty()) {
            found.add(HealthCheck.failed(
                    name, phase, String.join("; ", status.damage()), "a replay brings back what is still kept"));
        } else if (status.dead() > 0) {
            found.add(HealthCheck.warning(
                    name,
                    phase + ", " + status.dead() + " set aside",
                    "records could not be read; the rest went on",
                    "inspect, correct and send them again: databroker streams dead " + status.name()));
        } else {
            found.add(HealthCheck.ok(name, phase + (status.lag() == 0 ? "" : ", " + status.lag() + " behind")));
        }
    }

    private void collector(List<HealthCheck> found, CollectorStatus collector) {
        String name = "collector " + collector.name();
        CollectorStatus.Pushed pushed = collector.pushed();
        Instant due = collector.nextPoll();
        Instant now = parts.clock().instant();
        String tries = "databroker streams collect " + collector.stream() + " tries now";
        if (!collector.trouble().isEmpty()) {
            found.add(HealthCheck.warning(
                    name,
                    collector.failures() + " steps failed",
                    collector.trouble(),
                    "it tries again by itself; " + tries));
        } else if (pushed != null && pushed.dropped() > 0) {
            found.add(HealthCheck.warning(
                    name,
                    pushed.received() + " taken, " + pushed.dropped() + " dropped",
                    "there was no room for what was pushed",
                    "see whether the stream is behind, and whether there is room for its spool"));
        } else if (collector.gaps() > 0) {
            found.add(HealthCheck.warning(
                    name,
                    collector.gaps() + " gaps since the start",
                    "something was probably missed: more came between two steps than one answer holds",
                    "ask more often, or collect what was missed from an archive"));
        } else if (due != null && due.isBefore(now.minus(LATE))) {
            found.add(HealthCheck.warning(
                    name,
                    "due at " + due,
                    "it should have asked " + Duration.between(due, now).toMinutes() + " minutes ago",
                    tries));
        } else {
            found.add(HealthCheck.ok(name, pushed != null ? pushed.received() + " taken" : "next at " + due));
        }
    }

    private void doors(List<HealthCheck> found) {
        parts.limits().forEach((door, limit) -> {
            String value = limit.open() + " of " + limit.max() + " connections";
            if (limit.open() >= CROWDED * limit.max()) {
                found.add(HealthCheck.warning(
                        "door " + door,
                        value,
                        "more will be turned away soon; " + limit.refused() + " were so far",
                        "close what is idle, or raise " + door + ".max-connections"));
            } else {
                found.add(HealthCheck.ok("door " + door, value));
            }
        });
    }

    private void certificate(List<HealthCheck> found) {
        Path file = parts.read().config().http().tls().certificate();
        if (file == null) {
            String host = parts.read().config().http().host();
            boolean proxied = !parts.read().config().http().trustedProxies().isEmpty();
            if (isLoopback(host) || proxied) {
                found.add(HealthCheck.ok(
                        "TLS", "off, " + (proxied ? "a proxy stands in front" : "on this machine only")));
            } else {
                found.add(HealthCheck.warning(
                        "TLS",
                        "off on " + host,
                        "tokens and data cross the network readable",
                        "set http.tls.certificate and http.tls.key, or put nginx in front"));
            }
            return;
        }
        try (InputStream in = Files.newInputStream(file)) {
            X509Certificate certificate =
                    (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
            Instant end = certificate.getNotAfter().toInstant();
            expiry(found, "TLS certificate", end, "renew it; a new file is taken into use within a second");
        } catch (IOException | CertificateException unreadable) {
            found.add(HealthCheck.failed(
                    "TLS certificate",
                    file.toString(),
                    String.valueOf(unreadable.getMessage()),
                    "put a certificate there"));
        }
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException unknown) {
            return false;
        }
    }

    private void usersFile(List<HealthCheck> found) {
        String name = "users file";
        parts.gate()
                .notInForce()
                .ifPresentOrElse(
                        why -> found.add(HealthCheck.failed(
                                name,
                                "the one on the disk is not in force, the one before is",
                                why,
                                "correct the file, or write the one before over it")),
                        () -> found.add(HealthCheck.ok(
                                name,
                                "in force as it lies on the disk; users: "
                                        + parts.gate().users().size())));
    }

    private void tokens(List<HealthCheck> found) {
        int before = found.size();
        for (UserSummary user : parts.gate().users()) {
            for (UserSummary.Token token : user.tokens()) {
                Instant end = token.expires();
                if (end != null
                        && !user.disabled()
                        && end.isBefore(parts.clock().instant().plus(EXPIRY))) {
                    expiry(
                            found,
                            "token " + token.label() + " of " + user.name(),
                            end,
                            "give a new one and revoke this one: databroker token add " + user.name());
                }
            }
        }
        if (found.size() == before) {
            found.add(HealthCheck.ok("tokens", "none ends within " + EXPIRY.toDays() + " days"));
        }
    }

    private void expiry(List<HealthCheck> found, String name, Instant end, String remedy) {
        Duration left = Duration.between(parts.clock().instant(), end);
        String value = "until " + end;
        if (left.isNegative()) {
            found.add(HealthCheck.failed(name, value, "it has ended", remedy));
        } else if (left.compareTo(EXPIRY) < 0) {
            found.add(HealthCheck.warning(
                    name, value, "it ends in " + left.toDays() + " days and " + left.toHoursPart() + " hours", remedy));
        } else {
            found.add(HealthCheck.ok(name, value));
        }
    }

    /// In the largest unit of which there is one at least, with one digit behind the point.
    private static String size(long bytes) {
        String[] units = {"KiB", "MiB", "GiB", "TiB"};
        if (bytes < 1024) {
            return bytes + " B";
        }
        double size = bytes;
        int unit = -1;
        while (size >= 1024 && unit < units.length - 1) {
            size /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", size, units[unit]);
    }
}
