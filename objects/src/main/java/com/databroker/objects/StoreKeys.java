package com.databroker.objects;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectRef;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.Values;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// The secrets of one store, which every server over it has: what capabilities are made with, in two
/// epochs, and what tags are made with.
///
/// ```
/// capability  base64url(HMAC-SHA-256(K[epoch], v1 0 store 0 key 0 principal 0 rights)[0..16])
/// tag         base64url(HMAC-SHA-256(Kb, type/key)[0..8]), base64url(HMAC-SHA-256(Kb, type 0 field 0 value)[0..8])
/// secret      number of the epoch in 8 bytes, its key in 32, the key before in 32
/// ```
final class StoreKeys {
    private static final String CAPABILITIES = "capabilities";
    private static final String TAGS = "tags";
    private static final int KEY_BYTES = 32;

    /// How long another server may have begun an epoch without being noticed here.
    private static final Duration REREAD = Duration.ofSeconds(1);

    /// The same where a capability is not known: it may be of that epoch. Whoever guesses has the store asked no
    /// oftener.
    private static final Duration REREAD_UNKNOWN = Duration.ofMillis(50);

    private static final int CAPABILITY_LENGTH = 22;
    private static final int PROOF_LENGTH = 1 + CAPABILITY_LENGTH;
    private static final int TAG_LENGTH = 11;
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    /// What a capability is for, from the usual to the rare.
    private static final List<String> RIGHTS = List.of("r", "rw", "rc", "rwc");

    private final ObjectStore store;
    private final InstantSource clock;
    private final RandomGenerator random;

    /// Whether no other server can begin an epoch: what it has at hand is in this process alone.
    private final boolean alone;

    private final Mac tags;
    private final Remembered madeTags = new Remembered(TAG_LENGTH);
    private volatile @Nullable Epochs epochs;

    /// An object as somebody sees it.
    ///
    /// @param tag by which its changes are told
    record Seen(ObjectRef ref, String tag) {}

    /// @param made what stands behind keys in references that were made with the newest key, and tags
    private record Epochs(Bytes secret, Mac newest, Mac before, Remembered made, Instant read) {
        Epochs readAgain(Instant now) {
            return new Epochs(secret, newest, before, made, now);
        }
    }

    StoreKeys(ObjectStore store, InstantSource clock, RandomGenerator random) {
        this.store = store;
        this.clock = clock;
        this.random = random;
        this.alone = store.traits().atHand();
        this.tags = mac(store.secret(TAGS, () -> fresh(KEY_BYTES)).toArray());
        this.epochs = read();
    }

    private Bytes fresh(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return Bytes.wrap(bytes);
    }

    private Epochs read() {
        Bytes secret = store.secret(CAPABILITIES, () -> fresh(Long.BYTES + 2 * KEY_BYTES));
        Epochs known = epochs;
        if (known != null && known.secret.equals(secret)) {
            return known.readAgain(clock.instant());
        }
        byte[] bytes = secret.toArray();
        return new Epochs(
                secret,
                mac(Arrays.copyOfRange(bytes, Long.BYTES, Long.BYTES + KEY_BYTES)),
                mac(Arrays.copyOfRange(bytes, Long.BYTES + KEY_BYTES, bytes.length)),
                new Remembered(PROOF_LENGTH + TAG_LENGTH),
                clock.instant());
    }

    /// Begins a new epoch. Capabilities of the one before are good until the next.
    ///
    /// @param atOnce whether they are good for nothing from now on
    void rotate(boolean atOnce) {
        byte[] bytes = read().secret.toArray();
        ByteBuffer next = ByteBuffer.allocate(bytes.length);
        next.putLong(ByteBuffer.wrap(bytes).getLong() + 1);
        fresh(KEY_BYTES).copyTo(next);
        if (atOnce) {
            fresh(KEY_BYTES).copyTo(next);
        } else {
            next.put(bytes, Long.BYTES, KEY_BYTES);
        }
        store.replaceSecret(CAPABILITIES, Bytes.wrap(next.array()));
        epochs = read();
    }

    /// @param age at which what was read is read again, where another server may have changed it
    private Epochs epochs(Duration age) {
        Epochs now = epochs;
        if (now == null || (!alone && !now.read.plus(age).isAfter(clock.instant()))) {
            now = read();
            epochs = now;
        }
        return now;
    }

    private static Mac mac(byte[] key) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac;
        } catch (GeneralSecurityException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }

    /// To be used by one thread, for one request of one principal.
    Stamp stamp(String principal) {
        return new Stamp(epochs(REREAD), principal);
    }

    private static Mac copy(Mac mac) {
        try {
            return (Mac) mac.clone();
        } catch (CloneNotSupportedException jdksMacsAreCloneable) {
            throw new IllegalStateException(jdksMacsAreCloneable);
        }
    }

    /// Makes capabilities and tags, and tells good capabilities from others.
    final class Stamp {
        private final String head;
        private final String tail;
        private Epochs used;

        // Copied when they are needed first: most of what is asked for was made before.
        private @Nullable Mac tagging;
        private @Nullable Mac newest;

        private Stamp(Epochs epochs, String principal) {
            this.head = "v1\0" + store.name() + "\0";
            this.tail = "\0" + principal + "\0";
            this.used = epochs;
        }

        /// For objects of which the principal has the same rights.
        Sight sight(String rights) {
            return new Sight(this, tail + rights);
        }

        private Mac newest() {
            Mac its = newest == null ? copy(used.newest) : newest;
            newest = its;
            return its;
        }

        /// What the capability of a reference is for, null where it is not good.
        @Nullable
        String rights(ObjectRef ref) {
            String known = known(ref);
            return known == null && renewed() ? known(ref) : known;
        }

        /// Whether another server has begun an epoch meanwhile.
        private boolean renewed() {
            Epochs now = epochs(REREAD_UNKNOWN);
            if (now.secret.equals(used.secret)) {
                return false;
            }
            used = now;
            newest = null;
            return true;
        }

        private @Nullable String known(ObjectRef ref) {
            byte[] given = Base64.getUrlDecoder().decode(ref.capability());
            String rights = known(given, newest(), ref.key());
            return rights != null ? rights : known(given, copy(used.before), ref.key());
        }

        private @Nullable String known(byte[] given, Mac mac, ObjectKey key) {
            for (String rights : RIGHTS) {
                if (MessageDigest.isEqual(given, capability(mac, key, rights))) {
                    return rights;
                }
            }
            return null;
        }

        private byte[] capability(Mac mac, ObjectKey key, String rights) {
            return mac(mac, head + key + tail + rights);
        }

        private static byte[] mac(Mac mac, String text) {
            return Arrays.copyOf(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)), 16);
        }

        String tag(ObjectKey key) {
            return tag(key.toString());
        }

        /// Of whatever has that value in that field.
        String tag(String type, String field, @Nullable Object value) {
            Object brief = Values.brief(value);
            return tag(type + "\0" + field + "\0" + (brief == null ? "" : "=" + Values.text(brief)));
        }

        /// Of whatever the type has.
        String tag(String type) {
            return madeTags.of(type, 0, () -> tagOf(type));
        }

        private String tagOf(String text) {
            Mac mac = tagging == null ? copy(tags) : tagging;
            tagging = mac;
            byte[] whole = mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
            return BASE64.encodeToString(Arrays.copyOf(whole, Long.BYTES));
        }
    }

    /// How a principal that has the same rights on all of them sees objects: a page asks ten thousand times.
    static final class Sight {
        private final Stamp stamp;
        private final String all;
        private final Remembered made;
        private final int owner;

        private Sight(Stamp stamp, String all) {
            this.stamp = stamp;
            this.all = all;
            this.made = stamp.used.made;
            this.owner = made.owner(all);
        }

        Seen of(ObjectKey key) {
            String text = key.toString();
            byte[] its = made.place(text, owner, () -> proof(text));
            int end = its.length - TAG_LENGTH;
            String tag = Remembered.cut(its, end, its.length);
            String whole = Remembered.cut(its, Remembered.HEAD, end);
            // What is no ASCII lies there as UTF-8, which half a character has none of.
            return new Seen(
                    whole.startsWith(text)
                            ? ObjectRef.proven(key, whole)
                            : new ObjectRef(key, Remembered.cut(its, end - CAPABILITY_LENGTH, end)),
                    tag);
        }

        /// What stands behind a key in its reference, and the tag.
        private String proof(String text) {
            return ObjectRef.PROOF
                    + BASE64.encodeToString(Stamp.mac(stamp.newest(), stamp.head + text + all))
                    + stamp.tagOf(text);
        }
    }
}
