package com.databroker.client;

import com.databroker.client.Row.Reference;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectRef;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// An object of a session: a row that stands still, or none yet, and what was written over it. Guarded by
/// the session.
final class Draft implements InvocationHandler {
    private static final Object[] NO_ARGS = {};

    private final ObjectSession session;
    private final ObjectContext context;
    final View view;
    final Entity proxy;

    /// Null while it is being created.
    @Nullable
    Row row;

    /// Of one that is being created.
    @Nullable
    ObjectKey temporary;

    /// What was written, as frames have it.
    final Map<String, @Nullable Object> written = new LinkedHashMap<>();

    boolean deleted;

    Draft(ObjectSession session, ObjectContext context, View view, @Nullable Row row, @Nullable ObjectKey temporary) {
        this.session = session;
        this.context = context;
        this.view = view;
        this.row = row;
        this.temporary = temporary;
        this.proxy = (Entity) view.proxy(this);
    }

    ObjectRef ref() {
        Row its = row;
        return its != null ? its.ref : ObjectRef.of(Objects.requireNonNull(temporary));
    }

    ObjectKey key() {
        return ref().key();
    }

    boolean isChanged() {
        return row == null || deleted || !written.isEmpty();
    }

    /// What stands in the field, changed or not, as frames have it.
    @Nullable
    Object wire(String field) {
        return written.containsKey(field) || row == null ? written.get(field) : row.wire(field);
    }

    void write(String field, @Nullable Object value) {
        Object wire = Values.toWire(value);
        if (row != null && Row.isSame(row.wire(field), wire)) {
            written.remove(field);
        } else {
            written.put(field, wire);
        }
    }

    ObjectMessage.Op op() {
        Row its = row;
        if (its == null) {
            return new ObjectMessage.Create(Objects.requireNonNull(temporary), view.name, new LinkedHashMap<>(written));
        }
        if (deleted) {
            return new ObjectMessage.Delete(its.ref, its.version);
        }
        Map<String, ObjectMessage.Edit> edits = new LinkedHashMap<>();
        written.forEach((field, value) -> edits.put(field, new ObjectMessage.Edit(its.wire(field), value)));
        return new ObjectMessage.Update(its.ref, its.version, edits);
    }

    @Override
    public @Nullable Object invoke(Object self, Method method, @Nullable Object @Nullable [] given) throws Throwable {
        View.Op op = view.op(method);
        @Nullable Object[] args = given == null ? NO_ARGS : given;
        return switch (op.means) {
            case OWN -> own(op.name, self, args);
            case DEFAULT -> op.run(self, args);
            case COLLECTION -> context.many(saved().ref, op.name, op.element);
            case NAME -> session.isField(this, op.name) ? read(op) : call(op, args);
            case WRITE -> {
                if (!session.isField(this, op.name)) {
                    yield call(op, args);
                }
                session.write(this, op.name, args[0]);
                yield op.returns == Void.class ? null : self;
            }
            case CALL -> call(op, args);
        };
    }

    private @Nullable Object read(View.Op op) {
        Object value = session.read(this, op.name, op.returns);
        if (value == null && op.method.getReturnType().isPrimitive()) {
            throw new NullPointerException(key() + " has no " + op.name + (row == null ? " before it is committed" : "")
                    + ": let " + op.method.getName() + "() return " + op.returns.getName());
        }
        return value;
    }

    private @Nullable Object call(View.Op op, @Nullable Object[] args) {
        return context.call(saved(), view.name, op.name, args, op.returned());
    }

    private Row saved() {
        Row its = row;
        if (its == null) {
            throw new IllegalStateException(key() + " of type " + view.name + " is not committed yet");
        }
        return its;
    }

    private @Nullable Object own(String name, Object self, @Nullable Object[] args) {
        return switch (name) {
            case "objectKey" -> key();
            case "obsolete" -> row != null && context.isObsolete(row);
            case "get" -> {
                String field = String.valueOf(args[0]);
                yield session.isField(this, field)
                        ? session.read(this, field, Object.class)
                        : context.many(saved().ref, field, Entity.class);
            }
            case "set" -> {
                session.write(this, String.valueOf(args[0]), args[1]);
                yield self;
            }
            case "call" ->
                context.call(
                        saved(),
                        view.name,
                        String.valueOf(args[0]),
                        (Object[]) Objects.requireNonNull(args[1]),
                        ObjectContext.Returns.ANY);
            case "equals" -> args[0] instanceof Entity other && Shown.isSame(key(), other);
            // Of one that gets its key only when it is committed the hash must not change with it.
            case "hashCode" -> temporary != null ? System.identityHashCode(this) : key().hashCode();
            default -> key().toString();
        };
    }

    /// The value of a field whose row has a reference there: the reference, else null.
    @Nullable
    ObjectRef reference(String field) {
        Object value = wire(field);
        return value instanceof ObjectRef ref ? ref : value instanceof Reference its ? its.ref : null;
    }
}
