package com.databroker.client;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Proxy;
import java.lang.reflect.Type;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How one interface shows objects of a type: the maker of its proxies, and what each of its methods means.
///
/// A call arrives with the very `Method` object that the proxy class holds, so a table by address finds its
/// meaning: as large as it takes for no two of the methods seen to meet, and made anew, by copy, when a
/// further one comes.
final class View {
    /// What a method of the interface is for.
    enum Means {
        /// Reads the field of that name; where the row has none, the broker runs it.
        NAME,
        /// Writes the field of that name; where the row has none, the broker runs it.
        WRITE,
        COLLECTION,
        CALL,
        /// One of [Entity] or `Object`.
        OWN,
        DEFAULT
    }

    /// One method of the interface.
    static final class Op {
        final Method method;
        final String name;
        final Means means;
        final Class<?> returns;

        /// What the elements of a collection are shown by.
        final Class<?> element;

        /// Both as one.
        ObjectContext.Returns returned() {
            return new ObjectContext.Returns(returns, element);
        }

        // Of the shape seen last. Both in one object, so that a race cannot mix two.
        private Place place = Place.NONE;
        private @Nullable MethodHandle own;

        Op(Method method, Means means) {
            this.method = method;
            this.name = method.getName();
            this.means = means;
            this.returns = Values.box(method.getReturnType());
            this.element = elementOf(method.getGenericReturnType());
        }

        /// Runs what the interface itself brings. Its author need not make it public.
        @Nullable
        Object run(Object self, @Nullable Object[] args) throws Throwable {
            MethodHandle body = own;
            if (body == null) {
                try {
                    body = body();
                } catch (IllegalAccessException notOpened) {
                    // A module need not open what it exports.
                    return InvocationHandler.invokeDefault(self, method, args);
                }
                own = body;
            }
            return body.invokeExact(self, args);
        }

        private MethodHandle body() throws IllegalAccessException {
            Class<?> owner = method.getDeclaringClass();
            return MethodHandles.privateLookupIn(owner, MethodHandles.lookup())
                    .unreflectSpecial(method, owner)
                    .asFixedArity()
                    .asSpreader(Object[].class, method.getParameterCount())
                    .asType(MethodType.methodType(Object.class, Object.class, Object[].class));
        }

        private record Place(@Nullable Shape shape, int index) {
            static final Place NONE = new Place(null, -1);
        }

        /// Where the field stands, -1 where there is none of the name.
        int place(Shape shape) {
            Place last = place;
            if (last.shape == shape) {
                return last.index;
            }
            int index = shape.place(name);
            place = new Place(shape, index);
            return index;
        }

        private static Class<?> elementOf(Type type) {
            return type instanceof ParameterizedType generic
                            && generic.getActualTypeArguments().length == 1
                            && generic.getActualTypeArguments()[0] instanceof Class<?> element
                            && Entity.class.isAssignableFrom(element)
                    ? element
                    : Entity.class;
        }
    }

    private static final class Table {
        private static final int BITS_MAX = 20;

        final IdentityHashMap<Method, Op> all;
        private final @Nullable Object[] slots;
        private final int shift;

        Table(IdentityHashMap<Method, Op> all) {
            this.all = all;
            int bits = 3;
            @Nullable Object[] filled = fill(all, bits);
            while (filled == null) {
                // Two of one hash meet at any size: then the map has to do.
                filled = ++bits < BITS_MAX ? fill(all, bits) : new Object[2 << bits];
            }
            this.slots = filled;
            this.shift = Integer.SIZE - bits;
        }

        private static @Nullable Object @Nullable [] fill(IdentityHashMap<Method, Op> all, int bits) {
            @Nullable Object[] slots = new Object[2 << bits];
            for (Map.Entry<Method, Op> entry : all.entrySet()) {
                int at = at(entry.getKey(), Integer.SIZE - bits);
                if (slots[at] != null) {
                    return null;
                }
                slots[at] = entry.getKey();
                slots[at + 1] = entry.getValue();
            }
            return slots;
        }

        static int at(Method method, int shift) {
            return ((System.identityHashCode(method) * 0x9E3779B9) >>> shift) << 1;
        }

        @Nullable
        @SuppressWarnings("ReferenceEquality")
        Op op(Method method) {
            int at = at(method, shift);
            return slots[at] == method ? (Op) slots[at + 1] : all.get(method);
        }
    }

    final Class<?> type;

    /// The name of the type of objects.
    final String name;

    private volatile Table table = new Table(new IdentityHashMap<>());

    View(Class<?> type, String name) {
        if (!type.isInterface() || !Entity.class.isAssignableFrom(type)) {
            throw new IllegalArgumentException(type.getName() + " is no interface that extends Entity");
        }
        this.type = type;
        this.name = name;
    }

    /// The name of the type that an interface shows.
    static String nameOf(Class<?> type) {
        Exposed exposed = type.getAnnotation(Exposed.class);
        return exposed == null ? type.getSimpleName() : exposed.value();
    }

    Object proxy(InvocationHandler handler) {
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler);
    }

    /// @param method as a proxy of this view hands it over
    Op op(Method method) {
        Op op = table.op(method);
        return op != null ? op : learn(method);
    }

    private synchronized Op learn(Method method) {
        Op known = table.op(method);
        if (known != null) {
            return known;
        }
        Op op = new Op(method, means(method));
        // By address: equal methods of two proxy classes are two here.
        IdentityHashMap<Method, Op> more = new IdentityHashMap<>(table.all);
        more.put(method, op);
        table = new Table(more);
        return op;
    }

    private Means means(Method method) {
        Class<?> owner = method.getDeclaringClass();
        if (owner == Entity.class || owner == Object.class) {
            return Means.OWN;
        }
        if (method.isDefault()) {
            return Means.DEFAULT;
        }
        if (method.getReturnType() == Many.class) {
            return Means.COLLECTION;
        }
        boolean fluent =
                method.getReturnType() == void.class || method.getReturnType().isAssignableFrom(type);
        return method.getParameterCount() == 0
                ? Means.NAME
                : method.getParameterCount() == 1 && fluent ? Means.WRITE : Means.CALL;
    }
}
