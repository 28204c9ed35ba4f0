package com.databroker.access;

import com.databroker.core.Bytes;
import com.databroker.core.Finding;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Span;
import com.databroker.core.Text;
import com.databroker.core.Trace;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one place that decides who may do what. Every door asks it, and it fails closed.
///
/// Reading takes no lock: what the users file says is one immutable snapshot, which a reload swaps as a whole.
/// Addresses are IP addresses as text without a port; IPv6 addresses count by their /64.
public final class Gate implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Gate.class);
    private static final String DISK = "disk";
    /// The same for whatever is wrong with credentials: a stranger learns nothing about which.
    private static final String NOT_AUTHENTICATED = "the credentials are missing or not valid";

    /// @param sender who had this file checked, and so changed it when it is found on disk
    private record Checked(Bytes file, String sender) {}

    private final AccessConfig config;
    private final InstantSource clock;
    private final UsersOnDisk disk;
    private final FailureLimiter limiter;
    private final Audit audit;
    private final Set<Session> sessions = ConcurrentHashMap.newKeySet();
    private final List<Consumer<UsersReloaded>> listeners = new CopyOnWriteArrayList<>();
    private final Counts<Outcome> counts = new Counts<>(Outcome.class);
    private final Counts<Action> denials = new Counts<>(Action.class);
    private final Object reloading = new Object();
    private final AtomicLong admitted = new AtomicLong();
    private final String life;
    private volatile Snapshot snapshot;
    private volatile @Nullable Checked checked;
    private volatile @Nullable String notInForce;

    private Gate(AccessConfig config, UsersOnDisk disk, UsersFile users, Audit audit, InstantSource clock) {
        this.config = config;
        this.disk = disk;
        this.audit = audit;
        this.clock = clock;
        this.limiter = new FailureLimiter(config);
        this.snapshot = new Snapshot(users);
        this.life = Long.toHexString(clock.millis());
    }

    /// Reads the users file and opens the audit file.
    ///
    /// @throws ProblemException USERS_FILE_INVALID with every finding; DATA_NOT_WRITABLE for the audit file
    public static Gate open(AccessConfig config, Path usersFile, Path auditFile, InstantSource clock) {
        UsersOnDisk disk = new UsersOnDisk(usersFile, config.usersFileBytesMax().bytes());
        UsersFile users = UsersFile.parse(disk.read());
        Instant now = clock.instant();
        if (users.users().values().stream().noneMatch(user -> user.canAdminister(now))) {
            LOG.warn("users file={} every credential of every administrator has expired", usersFile);
        }
        AuditFile file = new AuditFile(
                auditFile, config.auditFileBytesMax().bytes(), config.auditFilesMax(), AuditFile.QUEUE_MAX);
        return new Gate(config, disk, users, new Audit(file.start()), clock);
    }

    /// As [#authenticate(Credentials, String, String)], where the door has no name.
    public Principal authenticate(Credentials credentials, String address) {
        return authenticate(credentials, address, "");
    }

    /// Who shows these credentials: for doors that ask with each request.
    ///
    /// @throws ProblemException NOT_AUTHENTICATED, in the same words whatever is wrong with them; TOO_MANY_FAILURES
    ///         without having looked at them, see [#retryAfterSeconds]
    public Principal authenticate(Credentials credentials, String address, String door) {
        try (Span _ = Trace.step("gate.authenticate")) {
            return accept(snapshot, credentials, Proof.of(credentials), address, door)
                    .principal();
        }
    }

    /// For who asks again and again with the same credentials: each call answers who that is now, null where they
    /// would be refused. Of a refusal nothing is noted: that is for [#authenticate(Credentials, String, String)].
    public Supplier<@Nullable Principal> again(Credentials credentials, String address) {
        Proof proof = Proof.of(credentials);
        boolean guessed = !(credentials instanceof Credentials.Anonymous);
        return () -> {
            Instant now = clock.instant();
            boolean throttled = guessed && limiter.millisToWait(address, now) > 0;
            if (throttled || !(snapshot.resolve(proof, now) instanceof Resolution.Accepted accepted)) {
                return null;
            }
            counts.increment(Outcome.AUTHENTICATED);
            return accepted.principal();
        };
    }

    /// As [#authenticate(Credentials, String, String)], for a connection that stays open. The door closes the session
    /// when the connection ends.
    ///
    /// @param onRevoked called at most once, when the connection must be cut: see [Session]
    public Session admit(Credentials credentials, String address, String door, Consumer<ProblemException> onRevoked) {
        Proof proof = Proof.of(credentials);
        while (true) {
            Snapshot used = snapshot;
            Resolution.Accepted accepted = accept(used, credentials, proof, address, door);
            Session.Origin origin =
                    new Session.Origin(life + "-" + admitted.incrementAndGet(), clock.instant(), address, door);
            Session session = new Session(origin, proof, accepted, onRevoked, sessions::remove);
            sessions.add(session);
            if (used == snapshot) {
                return session;
            }
            // A reload came between and may not have seen the session; ask the new file.
            session.close();
        }
    }

    private Resolution.Accepted accept(
            Snapshot used, Credentials credentials, Proof proof, String address, String door) {
        Instant now = clock.instant();
        // Whoever shows nothing has guessed nothing: a browser's first request must not use up its attempts.
        boolean guessed = !(credentials instanceof Credentials.Anonymous);
        if (guessed) {
            throttle(address, door);
        }
        return switch (used.resolve(proof, now)) {
            case Resolution.Accepted accepted -> {
                counts.increment(Outcome.AUTHENTICATED);
                yield accepted;
            }
            case Resolution.Refused refused -> {
                if (guessed) {
                    limiter.failed(address, now);
                }
                note(new Audit.Line(Outcome.REFUSED, "", refused.who(), refused.why(), address, door), now);
                throw new ProblemException(Problem.NOT_AUTHENTICATED, NOT_AUTHENTICATED);
            }
        };
    }

    /// For doors where something else than credentials is shown, as a signature: whether it may be looked at.
    ///
    /// @throws ProblemException TOO_MANY_FAILURES
    public void throttle(String address, String door) {
        Instant now = clock.instant();
        if (limiter.millisToWait(address, now) > 0) {
            note(new Audit.Line(Outcome.THROTTLED, "", "", "", address, door), now);
            throw new ProblemException(
                    Problem.TOO_MANY_FAILURES,
                    "too many failed attempts from this address; try again in " + retryAfterSeconds(address) + " s");
        }
    }

    /// Counts and audits that what was shown at such a door is not valid, as it does with credentials.
    ///
    /// @param who it was shown as
    public void refused(String who, String why, String address, String door) {
        Instant now = clock.instant();
        limiter.failed(address, now);
        note(new Audit.Line(Outcome.REFUSED, "", who, why, address, door), now);
    }

    /// How long an address must wait before its credentials are looked at, in whole seconds, rounded up; 0 where it
    /// need not. For `Retry-After`.
    public int retryAfterSeconds(String address) {
        return Math.toIntExact(Math.ceilDiv(limiter.millisToWait(address, clock.instant()), 1000L));
    }

    /// Counts and audits where `principal` may not.
    ///
    /// @param what a topic, path, object type, stream or area
    /// @throws ProblemException FORBIDDEN
    public void require(Principal principal, Action action, String what, String address, String door) {
        boolean allowed;
        try (Span span = Trace.first("gate.decide").put("databroker.action", action.word())) {
            allowed = principal.may(action, what);
            span.put("databroker.outcome", allowed ? "allowed" : "denied");
        }
        if (!allowed) {
            deny(principal, action, what, address, door);
            throw new ProblemException(
                    Problem.FORBIDDEN,
                    principal.name() + " has no grant to " + action.word() + " \"" + Text.excerpt(what) + "\"");
        }
    }

    /// Counts and audits a denial that the door found by itself. The same one again within a second is only counted.
    public void deny(Principal principal, Action action, String what, String address, String door) {
        denials.increment(action);
        note(new Audit.Line(Outcome.DENIED, action.word(), principal.name(), what, address, door), clock.instant());
    }

    /// Audits what a principal does that had the right to: for what changes more than the principal's own.
    public void performed(Principal principal, Action action, String what, String address, String door) {
        note(new Audit.Line(Outcome.PERFORMED, action.word(), principal.name(), what, address, door), clock.instant());
    }

    private void note(Audit.Line line, Instant now) {
        counts.increment(line.outcome());
        audit.note(line, now);
    }

    /// Whether the users file lets in someone without credentials.
    public boolean anonymousAllowed() {
        return snapshot.anonymousAllowed();
    }

    /// Whether `candidate` may become the users file: the validator of an upload.
    ///
    /// @throws ProblemException USERS_FILE_INVALID with every finding, also where no administrator could come in
    ///         any more or the sender would lock itself out; FORBIDDEN where the sender is no administrator,
    ///         since whoever writes this file can grant itself everything
    public void check(Bytes candidate, Principal sender) {
        if (!sender.isAdministrator()) {
            throw new ProblemException(Problem.FORBIDDEN, sender.name() + " is no administrator (admin on **)");
        }
        UsersOnDisk.checkSize(candidate.length(), config.usersFileBytesMax().bytes());
        UsersFile users = UsersFile.parse(candidate);
        Findings findings = new Findings(UsersXml.text(candidate));
        Instant now = clock.instant();
        if (users.users().values().stream().noneMatch(user -> user.canAdminister(now))) {
            findings.add(
                    users.root().start, "every credential of every administrator has expired; give one a new token");
        }
        if (sender != Principal.broker()) {
            int place =
                    users.user(sender.name()).map(user -> user.element().start).orElse(users.root().start);
            if (users.user(sender.name())
                    .filter(user -> user.canAdminister(now))
                    .isEmpty()) {
                findings.add(
                        place,
                        "you, " + sender.name() + ", would lose admin on ** or every credential; let another"
                                + " administrator do that");
            }
        }
        findings.throwIfAny();
        checked = new Checked(candidate, sender.name());
    }

    /// Reads the file again. Where it is valid it comes into force at once, and every open session is looked at again;
    /// where it is the one in force already, nothing happens.
    ///
    /// @param why the principal who changed it
    /// @throws ProblemException USERS_FILE_INVALID with every finding; the one before stays in force
    public void reload(String why) {
        Instant now = clock.instant();
        synchronized (reloading) {
            UsersFile users;
            try {
                Bytes content = disk.read();
                if (content.equals(snapshot.file().source())) {
                    notInForce = null;
                    return;
                }
                users = UsersFile.parse(content);
            } catch (ProblemException invalid) {
                notInForce = invalid.detail();
                note(new Audit.Line(Outcome.RELOAD_FAILED, "", why, invalid.detail(), "", ""), now);
                throw invalid;
            }
            Checked last = checked;
            String by = why.equals(DISK) && last != null && last.file.equals(users.source()) ? last.sender : why;
            Snapshot fresh = new Snapshot(users);
            snapshot = fresh;
            notInForce = null;
            for (Session session : sessions) {
                reconsider(session, fresh, now);
            }
            int tokens = users.tokenCount();
            note(new Audit.Line(Outcome.RELOADED, "", by, users.users().size() + " users", "", ""), now);
            LOG.info(
                    "users file reloaded by={} users={} tokens={}",
                    by,
                    users.users().size(),
                    tokens);
            UsersReloaded reloaded = new UsersReloaded(users.users().size(), tokens, by);
            listeners.forEach(listener -> tell(listener, reloaded));
        }
    }

    /// Why the users file on the disk is not the one in force; empty where it is.
    public Optional<String> notInForce() {
        return Optional.ofNullable(notInForce);
    }

    private static void tell(Consumer<UsersReloaded> listener, UsersReloaded reloaded) {
        try {
            listener.accept(reloaded);
        } catch (RuntimeException failed) {
            // The file is in force already; whoever sent it must not be told otherwise.
            LOG.error("users file was reloaded, but not everyone could be told", failed);
        }
    }

    private void reconsider(Session session, Snapshot fresh, Instant now) {
        switch (fresh.resolve(session.proof(), now)) {
            case Resolution.Accepted accepted -> session.renew(accepted);
            // Whether it was removed or disabled is the administrator's business.
            case Resolution.Refused _ -> revoke(session, "the credential or its user is no longer valid", now);
        }
    }

    private void revoke(Session session, String why, Instant now) {
        Principal principal = session.principal();
        try {
            if (session.revoke(new ProblemException(Problem.ACCESS_REVOKED, why))) {
                note(
                        new Audit.Line(Outcome.REVOKED, "", principal.name(), why, session.address(), session.door()),
                        now);
            }
        } catch (RuntimeException failed) {
            // One door's fault must not keep the others open.
            LOG.error("session principal={} door={} was not cut off cleanly", principal, session.door(), failed);
        }
    }

    /// What is due with time; called once a second. Cuts off sessions whose credential has expired, reads the users
    /// file again where someone changed it on disk, forgets old failures, tells what the audit trail suppressed.
    /// A users file that is not valid is logged, counted and left aside.
    public void sweep() {
        Instant now = clock.instant();
        for (Session session : sessions) {
            if (!now.isBefore(session.until())) {
                revoke(session, "the credential has expired", now);
            }
        }
        reloadIfChanged();
        limiter.sweep(now);
        audit.sweep(now);
    }

    private void reloadIfChanged() {
        synchronized (reloading) {
            if (!disk.mayHaveChanged()) {
                return;
            }
            try {
                reload(DISK);
            } catch (ProblemException invalid) {
                LOG.error("users file was changed on disk and is not valid; the one before stays in force");
                for (Finding finding : invalid.findings()) {
                    LOG.error("users file: {}", finding);
                }
            }
        }
    }

    /// Calls `listener` after each new users file has come into force, on the thread that reloaded. It must not block.
    public void reloaded(Consumer<UsersReloaded> listener) {
        listeners.add(listener);
    }

    /// The users, in the order of the file.
    public List<UserSummary> users() {
        return snapshot.file().users().values().stream()
                .map(UsersFile.User::summary)
                .toList();
    }

    /// What a user may do that shows a credential without a scope; disabled users may nothing, and are told as such.
    public Optional<Principal> principalOf(String user) {
        return snapshot.file()
                .user(user)
                .map(found -> new Principal(found.name(), found.roles(), found.grants(), List.of()));
    }

    /// How often that happened since the start.
    public long count(Outcome outcome) {
        return outcome == Outcome.AUDIT_LOST ? audit.lost() : counts.get(outcome);
    }

    /// How often that action was denied since the start.
    public long denied(Action action) {
        return denials.get(action);
    }

    /// Connections that are open now.
    public int sessionCount() {
        return sessions().size();
    }

    /// Those that are open now, in no order, one of each connection.
    public List<Session> sessions() {
        return sessions.stream().filter(Session::isListed).toList();
    }

    /// Cuts off the connection of that id; its peer is told that it may come again.
    ///
    /// @return false where there is none of that id, or it ended by itself just now
    public boolean end(String id, Principal by) {
        for (Session session : sessions) {
            if (session.id().equals(id)) {
                return session.revoke(new ProblemException(Problem.CONNECTION_ENDED, by.name() + " ended it"));
            }
        }
        return false;
    }

    /// Writes the rest of the audit file. Open sessions are the doors' to end.
    @Override
    public void close() {
        audit.close();
    }
}
