package com.databroker.client;

import com.databroker.client.CacheEntry.Live;
import com.databroker.client.Row.Reference;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectRef;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/// The live object of a row as one interface shows it. Where it is asked for by several, the first knows the
/// others.
final class Shown implements InvocationHandler, CacheEntry.Shows {
    private static final Object[] NO_ARGS = {};

    final ObjectContext context;
    final Row row;
    final View view;
    final Object proxy;

    /// The live object that the cache knows; itself where there is one interface only.
    private final Shown first;

    private volatile @Nullable Shown next;

    Shown(ObjectContext context, Row row, View view) {
        this(context, row, view, null);
    }

    private Shown(ObjectContext context, Row row, View view, @Nullable Shown first) {
        this.context = context;
        this.row = row;
        this.view = view;
        this.proxy = view.proxy(this);
        this.first = first == null ? this : first;
    }

    @Override
    public Cached item() {
        return row;
    }

    /// The reference that stands behind a proxy of any kind.
    static ObjectRef refOf(Entity entity) {
        InvocationHandler handler = Proxy.getInvocationHandler(entity);
        if (handler instanceof Shown shown) {
            return shown.row.ref;
        }
        if (handler instanceof Draft draft) {
            return draft.ref();
        }
        throw new IllegalArgumentException(
                "no object of a broker: " + entity.getClass().getName());
    }

    /// The row that a shared object shows, null where it is one of a session.
    static @Nullable Row rowOf(Entity entity) {
        return Proxy.getInvocationHandler(entity) instanceof Shown shown ? shown.row : null;
    }

    /// The proxy of another interface.
    Object proxy(View by) {
        for (Shown one = first; one != null; one = one.next) {
            if (one.view == by) {
                return one.proxy;
            }
        }
        return first.another(by);
    }

    private synchronized Object another(View by) {
        Shown last = this;
        for (Shown one = this; one != null; one = one.next) {
            if (one.view == by) {
                return one.proxy;
            }
            last = one;
        }
        Shown made = new Shown(context, row, by, this);
        last.next = made;
        return made.proxy;
    }

    @Override
    public @Nullable Object invoke(Object self, Method method, @Nullable Object @Nullable [] args) throws Throwable {
        View.Op op = view.op(method);
        if (op.means == View.Means.NAME) {
            int place = op.place(row.shape);
            if (place >= 0) {
                Object value = row.value(place);
                if (value instanceof Reference reference) {
                    return follow(reference, op.returns, op.name);
                }
                return value != null && value.getClass() == op.returns ? value : converted(value, op);
            }
        }
        return slow(self, op, args == null ? NO_ARGS : args);
    }

    /// The object of a reference; from the cache in a few steps, by the live object that the reference
    /// remembers.
    private Object follow(Reference reference, Class<?> returns, String field) {
        Live live = reference.live;
        if (live != null) {
            CacheEntry entry = live.entry;
            if (live.get() instanceof Shown target && target.row == entry.state && target.view.type == returns) {
                entry.hits++;
                return target.proxy;
            }
        }
        Class<?> shownBy = returns == Object.class ? Entity.class : returns;
        Entity entity = context.entity(reference.ref, shownBy, view, field);
        reference.live = context.cache.entry(reference.ref.key()).live;
        return entity;
    }

    private @Nullable Object converted(@Nullable Object value, View.Op op) {
        if (value == null && op.method.getReturnType().isPrimitive()) {
            throw new NullPointerException(row.ref + " has no " + op.name + ": let " + op.method.getName()
                    + "() return " + op.returns.getName());
        }
        return Values.fromWire(value, op.returned(), context);
    }

    private @Nullable Object slow(Object self, View.Op op, @Nullable Object[] args) throws Throwable {
        return switch (op.means) {
            case OWN -> own(op, args);
            case COLLECTION -> context.many(row.ref, op.name, op.element);
            case DEFAULT -> op.run(self, args);
            case WRITE -> {
                if (op.place(row.shape) >= 0) {
                    throw readOnly(op.name);
                }
                yield context.call(row, view.name, op.name, args, op.returned());
            }
            case NAME, CALL -> context.call(row, view.name, op.name, args, op.returned());
        };
    }

    private IllegalStateException readOnly(String field) {
        return new IllegalStateException(row.ref + "." + field + " is written in a session only: session.edit(object)."
                + field + "(…), then session.commit()");
    }

    private @Nullable Object own(View.Op op, @Nullable Object[] args) {
        return switch (op.name) {
            case "objectKey" -> row.ref.key();
            case "obsolete" -> context.isObsolete(row);
            case "get" -> get(String.valueOf(args[0]));
            case "set" -> throw readOnly(String.valueOf(args[0]));
            case "call" ->
                context.call(
                        row,
                        view.name,
                        String.valueOf(args[0]),
                        (Object[]) java.util.Objects.requireNonNull(args[1]),
                        ObjectContext.Returns.ANY);
            case "equals" -> args[0] instanceof Entity other && isSame(row.ref.key(), other);
            case "hashCode" -> row.ref.key().hashCode();
            default -> row.ref.key().toString();
        };
    }

    static boolean isSame(ObjectKey key, Entity other) {
        return Proxy.isProxyClass(other.getClass()) && key.equals(other.objectKey());
    }

    private @Nullable Object get(String name) {
        int place = row.shape.place(name);
        if (place < 0) {
            return context.many(row.ref, name, Entity.class);
        }
        return row.value(place) instanceof Reference reference
                ? follow(reference, Entity.class, name)
                : Values.fromWire(row.value(place), ObjectContext.Returns.ANY, context);
    }
}
