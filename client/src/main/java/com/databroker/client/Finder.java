package com.databroker.client;

import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessage.Operator;
import com.databroker.core.ObjectRef;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/// What is asked for of a type: conditions that all hold, an order, what comes along. Results are kept
/// until something changes that they depend on.
///
/// ```java
/// space.find(Person.class).eq("dept", dept).ge("salary", 1000).order("-salary").limit(100).list();
/// ```
///
/// It belongs to the thread that makes it; what it finds does not.
public final class Finder<T> {
    /// Of a stream, which may end early; of a list without a limit; of one with a limit.
    private static final int PAGE = 100;

    private static final int LIST_PAGE = 1000;
    private static final int PAGE_MAX = 10_000;
    private static final int SMALLER = 10;

    private final ObjectContext context;
    private final String type;
    private final Class<?> shown;
    private final List<ObjectMessage.Condition> where = new ArrayList<>();
    private final List<ObjectMessage.Order> order = new ArrayList<>();
    private final List<String> with = new ArrayList<>();
    private int limit = Integer.MAX_VALUE;

    /// Where it is the collection of an object.
    private ObjectLoader.@Nullable Held collection;

    Finder(ObjectContext context, String type, Class<?> shown) {
        this.context = context;
        this.type = type;
        this.shown = shown;
    }

    private Finder<T> where(String field, Operator operator, @Nullable Object... values) {
        List<@Nullable Object> wire = new ArrayList<>();
        for (Object value : values) {
            wire.add(Values.toWire(value));
        }
        where.add(new ObjectMessage.Condition(field, operator, wire));
        return this;
    }

    /// The field has this value; null for none.
    public Finder<T> eq(String field, @Nullable Object value) {
        return value == null ? where(field, Operator.IS_NULL) : where(field, Operator.EQUAL, value);
    }

    public Finder<T> ne(String field, Object value) {
        return where(field, Operator.NOT_EQUAL, value);
    }

    public Finder<T> lt(String field, Object value) {
        return where(field, Operator.LESS, value);
    }

    public Finder<T> le(String field, Object value) {
        return where(field, Operator.LESS_OR_EQUAL, value);
    }

    public Finder<T> gt(String field, Object value) {
        return where(field, Operator.GREATER, value);
    }

    public Finder<T> ge(String field, Object value) {
        return where(field, Operator.GREATER_OR_EQUAL, value);
    }

    /// The text begins so.
    public Finder<T> prefix(String field, String start) {
        return where(field, Operator.PREFIX, start);
    }

    /// The field has one of these values.
    public Finder<T> in(String field, Object... values) {
        return where(field, Operator.IN, values);
    }

    /// Sorts by a field; `-name` the other way round. A further one decides where the ones before are
    /// equal.
    public Finder<T> order(String field) {
        boolean down = field.startsWith("-");
        order.add(new ObjectMessage.Order(down ? field.substring(1) : field, down));
        return this;
    }

    /// References and collections that come along in the same trip, as `dept` or `dept.boss`.
    public Finder<T> with(String... paths) {
        with.addAll(List.of(paths));
        return this;
    }

    /// At most so many.
    public Finder<T> limit(int most) {
        if (most <= 0) {
            throw new IllegalArgumentException("a limit must be positive");
        }
        limit = most;
        return this;
    }

    /// All of them, up to the limit.
    public List<T> list() {
        List<T> all = new ArrayList<>();
        new Pages(limit == Integer.MAX_VALUE ? LIST_PAGE : PAGE_MAX).forEachRemaining(all::addAll);
        return List.copyOf(all);
    }

    /// The first of them, null where there is none.
    public @Nullable T first() {
        List<T> one = new Pages(1).next();
        return one.isEmpty() ? null : one.get(0);
    }

    /// All of them up to the limit, fetched page by page.
    public Stream<T> stream() {
        return StreamSupport.stream(
                        Spliterators.spliteratorUnknownSize(new Pages(PAGE), Spliterator.ORDERED | Spliterator.NONNULL),
                        false)
                .flatMap(List::stream);
    }

    /// How many there are, whatever the limit.
    public long count() {
        ObjectLoader.Query first = query(null, false);
        Result page = context.cache.entry(key(first)).item() instanceof Result there ? there : null;
        if (page != null && page.next == null) {
            return page.refs.size();
        }
        return context.await(context.loader.find(query(null, true).key(), query(null, true), List.of(), 0))
                .result()
                .count;
    }

    /// The objects whose reference `field` leads to `owner`.
    Many<T> many(ObjectRef owner, String field, String name) {
        eq(field, owner);
        collection = new ObjectLoader.Held(owner.key(), name);
        return new Found<>(this);
    }

    private Object key(ObjectLoader.Query query) {
        return collection != null && query.after() == null && !query.count() ? collection : query.key();
    }

    private ObjectLoader.Query query(@Nullable String after, boolean count) {
        return new ObjectLoader.Query(type, List.copyOf(where), List.copyOf(order), after, count);
    }

    private ObjectLoader.Found page(@Nullable String after, int size) {
        ObjectLoader.Query query = query(after, false);
        Object key = key(query);
        if (key instanceof ObjectLoader.Held
                && collection != null
                && context.cache.entry(key).item() == null) {
            context.nPlusOne.single(collection.owner().type(), collection.collection(), type);
        }
        return context.await(context.loader.find(key, query, List.copyOf(with), size));
    }

    /// What is found, so many at a time up to the limit. Where a longer page is here than is asked for, all of it is
    /// gone through before the next one is fetched: only its end says where that begins.
    private final class Pages implements Iterator<List<T>> {
        private int size;
        private int left = limit;
        private @Nullable String after;
        private ObjectLoader.@Nullable Found found;
        private int from;
        private boolean over;

        Pages(int most) {
            size = most;
        }

        @Override
        public boolean hasNext() {
            return !over;
        }

        @Override
        public List<T> next() {
            ObjectLoader.Found here = found;
            if (here == null) {
                here = fetched(Math.min(size, left));
                from = 0;
            }
            int all = here.result().refs.size();
            int to = Math.min(all, from + Math.min(size, left));
            @SuppressWarnings("unchecked")
            List<T> some = (List<T>) context.entities(here, from, to, shown);
            left -= some.size();
            from = to;
            found = to < all ? here : null;
            after = here.result().next;
            over = left <= 0 || (to == all && after == null);
            return some;
        }

        private ObjectLoader.Found fetched(int count) {
            try {
                return page(after, count);
            } catch (ProblemException refused) {
                // Objects of such a size do not fit into one answer.
                if (refused.problem() != Problem.VALUE_TOO_LARGE || count < SMALLER) {
                    throw refused;
                }
                size = count / SMALLER;
                return fetched(size);
            }
        }
    }

    /// The finder as a collection.
    private record Found<T>(Finder<T> finder) implements Many<T> {
        @Override
        public List<T> list() {
            return finder.list();
        }

        @Override
        public Stream<T> stream() {
            return finder.stream();
        }

        @Override
        public long count() {
            return finder.count();
        }

        @Override
        public T get(int index) {
            List<T> found =
                    index < 0 ? List.of() : finder.stream().skip(index).limit(1).toList();
            if (found.isEmpty()) {
                throw new IndexOutOfBoundsException("there is none at " + index + " of " + finder.type);
            }
            return found.get(0);
        }

        @Override
        public Iterator<T> iterator() {
            return finder.stream().iterator();
        }
    }
}
