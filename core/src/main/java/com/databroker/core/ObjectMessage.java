package com.databroker.core;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The frames of the protocol *dbo/1*, as [ObjectFrameWriter] draws them; [ObjectMessages] reads and
/// writes them.
///
/// Values in them are null, `Boolean`, `Long`, `BigInteger` (what no `Long` holds), `BigDecimal`,
/// `Double`, `String`, [Bytes], `LocalDate`, `LocalTime`, `LocalDateTime`, `OffsetDateTime`, `Instant`,
/// `UUID`, [ObjectRef], and lists and maps of those. Lists and maps may be shared and may contain
/// themselves, so nobody compares or prints them unseen.
public sealed interface ObjectMessage {
    int PROTOCOL = 1;

    /// The id of a frame that wants no answer.
    long NO_ID = 0;

    /// From client to server.
    sealed interface Request extends ObjectMessage {
        /// Of the client's choice, greater than 0; the [Reply] carries it back.
        default long id() {
            return NO_ID;
        }
    }

    /// From server to client, the answer to a [Request].
    sealed interface Reply extends ObjectMessage {
        default long id() {
            return NO_ID;
        }
    }

    /// From server to client, unasked.
    sealed interface Push extends ObjectMessage {}

    /// The first frame of a connection.
    ///
    /// @param token where the client could not send a header
    /// @param resume where the client stood when its last connection ended: what came since is told first
    /// @param given whether the client, which holds nothing yet, wants to hear only of what it is given on this
    ///     connection
    record Hello(
            int protocol, @Nullable String token, @Nullable ObjectPosition resume, boolean given) implements Request {
        public Hello(int protocol, @Nullable String token, @Nullable ObjectPosition resume) {
            this(protocol, token, resume, false);
        }

        @Override
        public String toString() {
            return "Hello[" + protocol + ", " + resume + "]";
        }
    }

    /// Objects by their references; those that are gone are missing in the answer.
    ///
    /// @param with what shall come along: names of references and collections, `dept` or `dept.boss`
    record Get(long id, List<ObjectRef> keys, List<String> with) implements Request {
        public Get {
            keys = List.copyOf(keys);
            with = List.copyOf(with);
        }
    }

    /// Objects of a type that fulfil all conditions. Without an order it is that of the key.
    ///
    /// @param limit rows at most; 0 for none, where only the count is wanted
    /// @param after the `next` of the answer before
    /// @param count whether to count all that there are
    /// @param parts whether a long answer may come as several [Part]s and an [Ok] behind them
    record Find(
            long id,
            String type,
            List<Condition> where,
            List<Order> order,
            List<String> with,
            int limit,
            @Nullable String after,
            boolean count,
            boolean parts)
            implements Request {
        public Find {
            where = List.copyOf(where);
            order = List.copyOf(order);
            with = List.copyOf(with);
        }

        /// Answered in one piece.
        public Find(
                long id,
                String type,
                List<Condition> where,
                List<Order> order,
                List<String> with,
                int limit,
                @Nullable String after,
                boolean count) {
            this(id, type, where, order, with, limit, after, count, false);
        }
    }

    /// How a field is compared with values.
    enum Operator {
        EQUAL("="),
        NOT_EQUAL("!="),
        LESS("<"),
        LESS_OR_EQUAL("<="),
        GREATER(">"),
        GREATER_OR_EQUAL(">="),
        /// A text that begins so.
        PREFIX("prefix"),
        /// One of any number of values.
        IN("in"),
        /// Takes no value.
        IS_NULL("isnull");

        private final String word;

        Operator(String word) {
            this.word = word;
        }

        /// As it stands in a frame.
        public String word() {
            return word;
        }

        /// The operator of a word, null where there is none.
        public static @Nullable Operator ofWord(String word) {
            for (Operator operator : values()) {
                if (operator.word.equals(word)) {
                    return operator;
                }
            }
            return null;
        }
    }

    /// @param values one, or as many as the operator says
    record Condition(String field, Operator operator, List<@Nullable Object> values) {}

    /// One field of an order.
    record Order(String field, boolean descending) {}

    /// A declared method.
    ///
    /// @param target an object, null for a method of the type itself
    record Call(long id, @Nullable ObjectRef target, String type, String method, List<@Nullable Object> args)
            implements Request {}

    /// Changes that are made all or not at all.
    ///
    /// @param commit named by the client once, so that asking again after a lost answer changes nothing a
    ///     second time
    record Commit(long id, UUID commit, List<Op> ops) implements Request {
        public Commit {
            ops = List.copyOf(ops);
        }
    }

    /// One change of a [Commit].
    sealed interface Op {}

    /// @param version that the client saw, 0 where the type has none
    /// @param fields what changes; without any, only the version is compared
    record Update(ObjectRef ref, long version, Map<String, Edit> fields) implements Op {}

    /// The value a client saw, and the one it shall have.
    record Edit(@Nullable Object before, @Nullable Object after) {}

    /// @param temporary its key within this commit
    record Create(ObjectKey temporary, String type, Map<String, @Nullable Object> values) implements Op {}

    /// @param version that the client saw, 0 where the type has none
    record Delete(ObjectRef ref, long version) implements Op {}

    /// Answered when this server has told of everything before `at`.
    record Sync(long id, ObjectPosition at) implements Request {}

    /// Asks for the [ObjectTypes] that this principal may see; they are the result of the answer.
    record Types(long id) implements Request {}

    /// Is anybody there? The answer is a [Pulse].
    record Beat() implements Request {}

    /// The answer to a [Hello].
    ///
    /// @param server names this life of the server
    /// @param at where it stands in telling
    /// @param resumed whether everything that changed since the client's `resume` is told; otherwise what
    ///     the client holds may be old, and everything after `at` is told
    /// @param types the hash of the [ObjectTypes] that this principal may see
    /// @param beatMillis how often a [Pulse] comes where nothing else does
    /// @param now the server's time in milliseconds
    record Welcome(String server, ObjectPosition at, boolean resumed, String types, long beatMillis, long now)
            implements Reply {}

    /// A share of what a find was answered, before the [Ok] that has the rest and ends it. Whoever is refused
    /// afterwards was answered nothing.
    ///
    /// @param rows all of which were asked for
    /// @param at as in [Ok]
    record Part(long id, List<Row> rows, ObjectPosition at) implements Reply {
        public Part {
            rows = List.copyOf(rows);
        }
    }

    /// @param rows the objects that were asked for, `asked` of them, then those that came along
    /// @param result of a call; may hold references to rows
    /// @param next where to go on, null where there is no more
    /// @param count of all that there are, -1 where nobody asked
    /// @param tags what to forget this answer by: if one of them is told as changed, it may be another; of a
    ///     commit those of everything that may have been found otherwise before it
    /// @param lists collections that came along
    /// @param at a change before it is in all of this; one after it may be, too
    record Ok(
            long id,
            int asked,
            List<Row> rows,
            @Nullable Object result,
            @Nullable String next,
            long count,
            List<String> tags,
            List<Listed> lists,
            ObjectPosition at)
            implements Reply {
        public Ok {
            rows = List.copyOf(rows);
            tags = List.copyOf(tags);
            lists = List.copyOf(lists);
        }

        /// Without collections.
        public Ok(
                long id,
                int asked,
                List<Row> rows,
                @Nullable Object result,
                @Nullable String next,
                long count,
                List<String> tags,
                ObjectPosition at) {
            this(id, asked, rows, result, next, count, tags, List.of(), at);
        }
    }

    /// What a collection of one object holds; its objects are among the rows.
    ///
    /// @param tag what to forget the list by
    /// @param complete whether these are all
    record Listed(ObjectKey owner, String collection, String tag, boolean complete, List<ObjectKey> keys) {
        public Listed {
            keys = List.copyOf(keys);
        }
    }

    /// One object.
    ///
    /// @param rights what the capability is for: `r`, and `w` to change, `c` to call
    /// @param version greater after every change, 0 where the type has none
    /// @param tag by which its changes are told
    record Row(ObjectRef ref, String rights, long version, String tag, Map<String, @Nullable Object> fields) {
        /// Fields of which all objects of a type share the names.
        ///
        /// @param names none of them twice, as many as `values`, which the caller gives away
        public static Map<String, @Nullable Object> fields(List<String> names, @Nullable Object[] values) {
            return new FieldValues(List.copyOf(names), values);
        }

        /// The names of fields in their order, one list for all objects of a type in a message.
        public static List<String> names(Map<String, @Nullable Object> fields) {
            return FieldValues.names(fields);
        }

        /// The same fields, each value as `each` makes it.
        public static Map<String, @Nullable Object> fields(
                Map<String, @Nullable Object> like, UnaryOperator<@Nullable Object> each) {
            return FieldValues.mapped(like, each);
        }
    }

    /// Nothing was changed, because others changed the same.
    record Conflict(long id, List<FieldConflict> conflicts) implements Reply {
        public Conflict {
            conflicts = List.copyOf(conflicts);
        }
    }

    /// @param field empty where the whole object is meant: it is gone, or its version is another
    /// @param base what the client had seen
    /// @param mine what the client wanted
    /// @param theirs what is there
    record FieldConflict(
            ObjectKey key,
            String field,
            @Nullable Object base,
            @Nullable Object mine,
            @Nullable Object theirs) {}

    /// The request was refused.
    record Failed(long id, Problem problem, String detail) implements Reply {
        public ProblemException exception() {
            return new ProblemException(problem, detail);
        }
    }

    /// Something was changed: what carries one of these tags is no longer true, if it is older.
    ///
    /// @param number counts what this connection was told, from 1, without a gap
    /// @param now when it was committed, in milliseconds of the server's time
    record Changed(long number, ObjectPosition at, long now, List<Tagged> tags) implements Push {
        public Changed {
            tags = List.copyOf(tags);
        }
    }

    /// @param version which is not yet too old, 0 where there is none: then everything that was read
    ///     before is
    record Tagged(String tag, long version) {
        /// Of two versions told for the same tag. Without one, everything that was read before is too old.
        public static long newer(long one, long other) {
            return one == 0 || other == 0 ? 0 : Math.max(one, other);
        }
    }

    /// Nothing was changed.
    ///
    /// @param number of the last [Changed]
    record Pulse(long number, ObjectPosition at, long now) implements Push {}

    /// What the client holds may be old: the server does not know any more what has changed since. It
    /// goes on with another connection and a [Hello] without `resume`.
    record Reset(String why) implements Push {}
}
