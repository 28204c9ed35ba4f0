package com.databroker.hibernate;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.objects.JdbcLedger;
import com.databroker.objects.StoreEngine;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.hibernate.HibernateException;
import org.hibernate.annotations.OnDeleteAction;
import org.hibernate.boot.Metadata;
import org.hibernate.boot.MetadataSources;
import org.hibernate.boot.registry.BootstrapServiceRegistryBuilder;
import org.hibernate.boot.registry.StandardServiceRegistry;
import org.hibernate.boot.registry.StandardServiceRegistryBuilder;
import org.hibernate.cfg.AvailableSettings;
import org.hibernate.engine.spi.SessionFactoryImplementor;
import org.hibernate.event.service.spi.EventListenerRegistry;
import org.hibernate.event.spi.EventType;
import org.hibernate.mapping.ToOne;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Opens stores of entities: finds the classes in jars, has Hibernate map them, and makes types of what it
/// knows.
public final class HibernateEngine implements StoreEngine {
    private static final Logger LOG = LoggerFactory.getLogger(HibernateEngine.class);
    private static final String SETTINGS = "hibernate.properties";
    private static final String LOGGER = "org.jboss.logging.provider";
    private static final String MAPPING = "META-INF/orm.xml";

    @Override
    public Opened open(Wanted wanted, List<URL> places, URLClassLoader classes) {
        logged();
        // What was opened last is closed first.
        Deque<Runnable> open = new ConcurrentLinkedDeque<>(List.of(() -> close(classes)));
        Runnable closing = () -> open.forEach(Runnable::run);
        try {
            Set<String> names = EntityClasses.in(places);
            if (names.isEmpty()) {
                throw invalid(wanted, "there is no entity in " + wanted.config().entities());
            }
            JdbcLedger ledger =
                    JdbcLedger.open(wanted.name(), wanted.config(), wanted.keep(), wanted.folder(), wanted.clock());
            open.push(ledger::close);
            StandardServiceRegistry registry = registry(wanted, ledger, classes);
            open.push(() -> StandardServiceRegistryBuilder.destroy(registry));
            Metadata metadata = metadata(registry, names, classes);
            SessionFactoryImplementor factory = (SessionFactoryImplementor) metadata.buildSessionFactory();
            open.push(factory::close);
            return opened(wanted, ledger, factory, overturning(metadata), closing);
        } catch (HibernateException | LinkageError refused) {
            closing.run();
            LOG.atError().addKeyValue("store", wanted.name()).setCause(refused).log("entities cannot be mapped");
            throw invalid(wanted, Text.excerpt(String.valueOf(refused.getMessage())));
        } catch (RuntimeException failed) {
            closing.run();
            throw failed;
        }
    }

    /// What Hibernate says belongs into the broker's log. By itself it takes the interface of another logger, with
    /// nothing behind it, where the streams plane brings that.
    private static void logged() {
        if (System.getProperty(LOGGER) == null) {
            System.setProperty(LOGGER, "slf4j");
        }
    }

    private static ProblemException invalid(Wanted wanted, String why) {
        return new ProblemException(
                Problem.CONFIGURATION_INVALID, "objects.stores." + wanted.name() + ".entities: " + why);
    }

    private static void close(URLClassLoader classes) {
        try {
            classes.close();
        } catch (IOException stillOpen) {
            LOG.atDebug().setCause(stillOpen).log("the classes of a store were not closed");
        }
    }

    /// Settings of the jars first, then what the broker cannot do without.
    private static StandardServiceRegistry registry(Wanted wanted, JdbcLedger ledger, URLClassLoader classes) {
        StandardServiceRegistryBuilder settings = new StandardServiceRegistryBuilder(
                new BootstrapServiceRegistryBuilder().applyClassLoader(classes).build());
        if (classes.getResource(SETTINGS) != null) {
            settings.loadProperties(SETTINGS);
        }
        if (wanted.config().schema() != null) {
            settings.applySetting(
                    AvailableSettings.DEFAULT_SCHEMA, wanted.config().schema());
        }
        return settings.applySettings(Map.of(
                        AvailableSettings.CONNECTION_PROVIDER, new LedgerConnections(ledger),
                        // Whatever is read is read from the database: what the broker holds is held by its clients.
                        AvailableSettings.USE_SECOND_LEVEL_CACHE, "false",
                        AvailableSettings.USE_QUERY_CACHE, "false",
                        AvailableSettings.IN_CLAUSE_PARAMETER_PADDING, "true"))
                .build();
    }

    private static Metadata metadata(StandardServiceRegistry registry, Set<String> names, URLClassLoader classes) {
        MetadataSources sources = new MetadataSources(registry);
        names.forEach(sources::addAnnotatedClassName);
        if (classes.getResource(MAPPING) != null) {
            sources.addResource(MAPPING);
        }
        return sources.buildMetadata();
    }

    private static Opened opened(
            Wanted wanted,
            JdbcLedger ledger,
            SessionFactoryImplementor factory,
            Set<String> overturning,
            Runnable closing) {
        EventListenerRegistry listeners = factory.getEventListenerRegistry();
        EntityListening listening = new EntityListening();
        listeners.appendListeners(EventType.POST_INSERT, listening);
        listeners.appendListeners(EventType.POST_UPDATE, listening);
        listeners.appendListeners(EventType.POST_DELETE, listening);
        boolean readOnly = wanted.config().readOnly();
        MappedTypes types = new MappedTypes(
                wanted.name(),
                EntitySchema.read(
                        factory, wanted.name(), readOnly, wanted.config().types()),
                overturning);
        EntitySessions sessions =
                new EntitySessions(factory, ledger.isShared(), ledger.isShared() && hasLargeObjects(factory));
        return new Opened(
                new HibernateStore(wanted.name(), ledger, sessions, types, closing),
                new EntityMethods(ledger, sessions, types, wanted.random()).all());
    }

    private static boolean hasLargeObjects(SessionFactoryImplementor factory) {
        boolean[] found = new boolean[1];
        factory.getMappingMetamodel()
                .forEachEntityDescriptor(
                        entity -> entity.forEachSelectable((index, column) -> found[0] |= EntityNames.isLarge(column)));
        return found[0];
    }

    /// Entities with which the database deletes or changes rows of others, of which Hibernate hears nothing.
    private static Set<String> overturning(Metadata metadata) {
        Set<String> all = new HashSet<>();
        metadata.getEntityBindings()
                .forEach(entity -> entity.getPropertyClosure().forEach(property -> {
                    if (property.getValue() instanceof ToOne reference
                            && reference.getOnDeleteAction() != null
                            && reference.getOnDeleteAction() != OnDeleteAction.NO_ACTION) {
                        all.add(reference.getReferencedEntityName());
                    }
                }));
        return all;
    }
}
