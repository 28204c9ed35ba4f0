package com.databroker.hibernate;

import com.databroker.access.Principal;
import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectRef;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.JdbcLedger;
import com.databroker.objects.ObjectMethod;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreCommit;
import com.databroker.objects.spi.StoreRow;
import com.databroker.objects.spi.Values;
import jakarta.persistence.EntityManager;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.RecordComponent;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.hibernate.Hibernate;
import org.hibernate.persister.entity.EntityPersister;
import org.jspecify.annotations.Nullable;

/// Methods of entities that carry [OnServer], as the plane calls them.
final class EntityMethods {
    private final JdbcLedger ledger;
    private final EntitySessions sessions;
    private final MappedTypes types;
    private final RandomGenerator random;

    EntityMethods(JdbcLedger ledger, EntitySessions sessions, MappedTypes types, RandomGenerator random) {
        this.ledger = ledger;
        this.sessions = sessions;
        this.types = types;
        this.random = random;
    }

    List<ObjectMethod> all() {
        List<ObjectMethod> methods = new ArrayList<>();
        for (MappedType type : types.all()) {
            Map<String, Method> byName = new LinkedHashMap<>();
            for (EntityPersister entity : type.kinds().values()) {
                for (Class<?> one = entity.getMappedClass(); one != null; one = one.getSuperclass()) {
                    Arrays.stream(one.getDeclaredMethods())
                            .filter(method -> method.isAnnotationPresent(OnServer.class) && !method.isBridge())
                            .forEach(method -> add(type, byName, method));
                }
            }
            byName.values().forEach(method -> methods.add(described(type, method)));
        }
        return methods;
    }

    private static void add(MappedType type, Map<String, Method> byName, Method method) {
        Method other = byName.putIfAbsent(method.getName(), method);
        if (other != null && !Arrays.equals(other.getParameterTypes(), method.getParameterTypes())) {
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID,
                    type.name() + " has two methods " + method.getName() + " on the server; one name is one method");
        }
    }

    private ObjectMethod described(MappedType type, Method method) {
        OnServer how = method.getAnnotation(OnServer.class);
        List<String> parameters = Arrays.stream(method.getParameters())
                .filter(parameter -> !isGiven(parameter.getType()))
                .map(Parameter::getName)
                .toList();
        method.setAccessible(true);
        return new ObjectMethod(
                type.name(),
                method.getName(),
                Modifier.isStatic(method.getModifiers()),
                parameters,
                how.cached(),
                how.readOnly() ? call -> look(type, method, call) : call -> change(type, method, call));
    }

    private static boolean isGiven(Class<?> type) {
        return EntityManager.class.isAssignableFrom(type) || type == Principal.class;
    }

    private @Nullable Object look(MappedType type, Method method, ObjectMethod.Invocation call) {
        List<@Nullable Object> arguments = allowed(method, call);
        return ledger.ask(connection -> sessions.look(
                        connection,
                        session -> new Result(sent(session, invoked(session, type, method, call, arguments), call))))
                .value();
    }

    /// A result may be null, which not every generic method likes.
    private record Result(@Nullable Object value) {}

    private @Nullable Object change(MappedType type, Method method, ObjectMethod.Invocation call) {
        List<@Nullable Object> arguments = allowed(method, call);
        Running[] last = new Running[1];
        StoreCommit commit = new StoreCommit(
                new UUID(random.nextLong(), random.nextLong()),
                Bytes.utf8(type.name() + "." + method.getName()),
                call.principal().name(),
                List.of());
        ledger.commit(
                commit,
                () -> {
                    last[0] = new Running(type, method, call, arguments);
                    return last[0];
                },
                (connection, named, keys) ->
                        sessions.read(connection, session -> EntityFind.load(session, types.named(named), keys)));
        return last[0].result;
    }

    /// The arguments, of which objects must be such that the caller may read: a command line has only their
    /// keys.
    private List<@Nullable Object> allowed(Method method, ObjectMethod.Invocation call) {
        List<@Nullable Object> arguments = new ArrayList<>();
        Set<ObjectRef> refs = new LinkedHashSet<>();
        int at = 0;
        for (Parameter parameter : method.getParameters()) {
            if (!isGiven(parameter.getType())) {
                Object argument = call.arguments().get(at++);
                if (argument instanceof String text && types.isEntity(parameter.getType())) {
                    argument = ObjectRef.parse(text);
                }
                if (argument instanceof ObjectRef ref) {
                    refs.add(ref);
                }
                arguments.add(argument);
            }
        }
        boolean gone = !refs.isEmpty()
                && call.ask(new ObjectMessage.Get(1, List.copyOf(refs), List.of()))
                                .asked()
                        < refs.size();
        if (gone) {
            throw new ProblemException(Problem.OBJECT_NOT_FOUND, "an argument of " + method.getName() + " is gone");
        }
        return arguments;
    }

    /// One run of a method, which may change what it likes.
    private final class Running implements JdbcLedger.Attempt {
        private final MappedType type;
        private final Method method;
        private final ObjectMethod.Invocation call;
        private final List<@Nullable Object> arguments;
        private @Nullable Object result;
        private List<StoreChange.Entry> entries = List.of();
        private boolean overturned;

        Running(MappedType type, Method method, ObjectMethod.Invocation call, List<@Nullable Object> arguments) {
            this.type = type;
            this.method = method;
            this.call = call;
            this.arguments = arguments;
        }

        @Override
        public void make(Connection connection) throws SQLException {
            EntityChanges changes = new EntityChanges(types);
            sessions.write(connection, changes, session -> {
                Object returned = invoked(session, type, method, call, arguments);
                session.flush();
                result = sent(session, returned, call);
                entries = changes.entries(changes.rows(session.session(), Set.of()));
                overturned = changes.isOverturned();
                return true;
            });
        }

        @Override
        public List<ObjectMessage.FieldConflict> conflicts() {
            return List.of();
        }

        @Override
        public List<@Nullable StoreRow> rows() {
            return List.of();
        }

        @Override
        public List<StoreChange.Entry> entries() {
            return entries;
        }

        @Override
        public boolean isOverturned() {
            return overturned;
        }
    }

    private @Nullable Object invoked(
            EntitySession session,
            MappedType type,
            Method method,
            ObjectMethod.Invocation call,
            List<@Nullable Object> given) {
        Object target = null;
        if (!Modifier.isStatic(method.getModifiers())) {
            ObjectKey key = call.target().ref().key();
            target = session.locked(type, key);
            if (target == null) {
                throw new ProblemException(Problem.OBJECT_NOT_FOUND, "there is no " + key);
            }
            if (!method.getDeclaringClass().isInstance(target)) {
                throw new ProblemException(
                        Problem.METHOD_UNKNOWN, key + " is none of those that have " + method.getName());
            }
        }
        List<@Nullable Object> arguments = new ArrayList<>();
        int at = 0;
        for (Parameter parameter : method.getParameters()) {
            if (EntityManager.class.isAssignableFrom(parameter.getType())) {
                arguments.add(session.session());
            } else if (parameter.getType() == Principal.class) {
                arguments.add(call.principal());
            } else {
                arguments.add(argument(session, parameter, given.get(at++)));
            }
        }
        try {
            return method.invoke(target, arguments.toArray());
        } catch (InvocationTargetException thrown) {
            if (thrown.getCause() instanceof RuntimeException failed) {
                throw failed;
            }
            throw new ProblemException(Problem.METHOD_FAILED, type.name() + "." + method.getName(), thrown.getCause());
        } catch (IllegalAccessException notAccessible) {
            throw new IllegalStateException(notAccessible);
        }
    }

    private @Nullable Object argument(EntitySession session, Parameter parameter, @Nullable Object value) {
        Class<?> wanted = parameter.getType();
        if (value instanceof ObjectRef ref) {
            Object entity = session.locked(types.named(ref.key().type()), ref.key());
            if (!wanted.isInstance(entity)) {
                throw new ProblemException(
                        Problem.VALUE_INVALID, parameter.getName() + " is no " + wanted.getSimpleName());
            }
            return entity;
        }
        var kind = EntityValues.kind(wanted);
        Object fitted = value;
        if (value instanceof String text && kind != null) {
            try {
                fitted = Values.parse(kind, text);
            } catch (java.time.DateTimeException | IllegalArgumentException misfit) {
                throw new ProblemException(
                        Problem.VALUE_INVALID, parameter.getName() + " is no " + wanted.getSimpleName());
            }
        }
        return EntityValues.java(wanted, fitted, parameter.getName());
    }

    /// Objects by their keys, where they are all of it; as references, where they stand within.
    private @Nullable Object sent(EntitySession session, @Nullable Object result, ObjectMethod.Invocation call) {
        Object plain = result instanceof Stream<?> stream ? stream.toList() : result;
        ObjectKey key = keyOf(session, plain);
        if (key != null) {
            return key;
        }
        if (plain instanceof Collection<?> many && !many.isEmpty()) {
            List<ObjectKey> keys = new ArrayList<>();
            for (Object one : many) {
                ObjectKey each = keyOf(session, one);
                if (each != null) {
                    keys.add(each);
                }
            }
            if (keys.size() == many.size()) {
                return keys;
            }
        }
        return graph(session, plain, call, 0);
    }

    private @Nullable ObjectKey keyOf(EntitySession session, @Nullable Object value) {
        if (value == null) {
            return null;
        }
        Object entity = Hibernate.unproxy(value);
        MappedType type = types.ofClass(entity.getClass());
        return type == null ? null : session.key(type, entity);
    }

    private @Nullable Object graph(
            EntitySession session, @Nullable Object value, ObjectMethod.Invocation call, int depth) {
        if (depth > 64) {
            throw new ProblemException(Problem.VALUE_INVALID, "what a method gives is nested too deeply");
        }
        ObjectKey key = keyOf(session, value);
        if (key != null) {
            return call.reference(key);
        }
        return switch (value) {
            case null -> null;
            case Map<?, ?> map -> {
                Map<String, @Nullable Object> all = new LinkedHashMap<>();
                map.forEach((name, one) -> all.put(String.valueOf(name), graph(session, one, call, depth + 1)));
                yield all;
            }
            case Collection<?> many -> {
                List<@Nullable Object> all = new ArrayList<>();
                many.forEach(one -> all.add(graph(session, one, call, depth + 1)));
                yield all;
            }
            case Record record -> {
                Map<String, @Nullable Object> all = new LinkedHashMap<>();
                for (RecordComponent component : record.getClass().getRecordComponents()) {
                    all.put(component.getName(), graph(session, value(component, record), call, depth + 1));
                }
                yield all;
            }
            default -> {
                if (EntityValues.kind(value.getClass()) == null && !(value instanceof Bytes)) {
                    throw new ProblemException(
                            Problem.METHOD_FAILED, "a " + value.getClass().getName() + " has no form on the wire");
                }
                yield EntityValues.wire(value);
            }
        };
    }

    private static @Nullable Object value(RecordComponent component, Record record) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(record);
        } catch (ReflectiveOperationException unreadable) {
            throw new IllegalStateException(unreadable);
        }
    }
}
