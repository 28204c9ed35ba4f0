package com.databroker.hibernate;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.JdbcLedger;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StoreChanges;
import com.databroker.objects.spi.StoreCommit;
import com.databroker.objects.spi.StoreOutcome;
import com.databroker.objects.spi.StorePage;
import com.databroker.objects.spi.StoreQuery;
import com.databroker.objects.spi.StoreRow;
import com.databroker.objects.spi.StoreTraits;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Entities of Hibernate as objects. Reads ask for values, commits change entities; connections,
/// transactions and what is told of them are the ledger's.
final class HibernateStore implements ObjectStore {
    private final String name;
    private final JdbcLedger ledger;
    private final EntitySessions sessions;
    private final MappedTypes types;
    private final Runnable closing;

    /// @param closing what else ends with it
    HibernateStore(String name, JdbcLedger ledger, EntitySessions sessions, MappedTypes types, Runnable closing) {
        this.name = name;
        this.ledger = ledger;
        this.sessions = sessions;
        this.types = types;
        this.closing = closing;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public StoreTraits traits() {
        return new StoreTraits("hibernate", ledger.isDurable(), ledger.isShared(), false, false);
    }

    @Override
    public List<ObjectTypes.Type> types() {
        return types.all().stream().map(MappedType::type).toList();
    }

    @Override
    public void refresh() {
        // Classes do not change while they are loaded.
    }

    private List<StoreRow> load(java.sql.Connection connection, String type, Collection<ObjectKey> keys)
            throws java.sql.SQLException {
        return sessions.read(connection, session -> EntityFind.load(session, types.named(type), keys));
    }

    @Override
    public List<StoreRow> load(String type, Collection<ObjectKey> keys) {
        return keys.isEmpty() ? List.of() : ledger.ask(connection -> load(connection, type, keys));
    }

    @Override
    public StorePage find(StoreQuery query) {
        return ledger.ask(connection ->
                sessions.read(connection, session -> EntityFind.find(session, types.named(query.type()), query)));
    }

    @Override
    public boolean isExact(String type, String field) {
        return types.named(type).part(field).exact();
    }

    @Override
    public StoreOutcome commit(StoreCommit commit) {
        return ledger.commit(commit, () -> new EntityCommit(sessions, types, commit.ops()), this::load);
    }

    @Override
    public @Nullable StoreChanges changes(Position from) {
        return ledger.changes(from);
    }

    @Override
    public Position position() {
        return ledger.position();
    }

    @Override
    public boolean copy(java.nio.file.Path zip) {
        return ledger.copy(zip);
    }

    @Override
    public void listen(Runnable wake) {
        ledger.listen(wake);
    }

    @Override
    public void wakeOthers() {
        ledger.wakeOthers();
    }

    @Override
    public Bytes secret(String secret, Supplier<Bytes> first) {
        return ledger.secret(secret, first);
    }

    @Override
    public void replaceSecret(String secret, Bytes bytes) {
        ledger.replaceSecret(secret, bytes);
    }

    @Override
    public List<String> watchOthers(boolean watch) {
        throw new ProblemException(
                Problem.BAD_REQUEST,
                "store " + name + " is mapped by Hibernate: what others change in its tables is not recorded");
    }

    @Override
    public List<String> watched() {
        return List.of();
    }

    @Override
    public void sweep() {
        ledger.sweep();
    }

    @Override
    public void close() {
        closing.run();
    }
}
