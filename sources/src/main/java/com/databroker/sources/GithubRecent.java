package com.databroker.sources;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which events were collected lately: 8 bytes of the hash of each, those seen last at the end, up to a number.
final class GithubRecent {
    private static final int KEYS_MAX = 2000;

    private final Set<Long> keys = new LinkedHashSet<>();

    /// @param written as [#written] gave it; null for none
    GithubRecent(@Nullable String written) {
        if (written == null) {
            return;
        }
        ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(written));
        while (bytes.remaining() >= Long.BYTES) {
            keys.add(bytes.getLong());
        }
    }

    boolean isEmpty() {
        return keys.isEmpty();
    }

    /// How many of the events are known.
    int known(List<String> ids) {
        int known = 0;
        for (String id : ids) {
            known += keys.contains(hash(id)) ? 1 : 0;
        }
        return known;
    }

    void add(List<String> ids) {
        for (String id : ids) {
            long key = hash(id);
            keys.remove(key);
            keys.add(key);
        }
        Iterator<Long> oldest = keys.iterator();
        for (int over = keys.size() - KEYS_MAX; over > 0; over--) {
            oldest.next();
            oldest.remove();
        }
    }

    String written() {
        ByteBuffer bytes = ByteBuffer.allocate(keys.size() * Long.BYTES);
        keys.forEach(bytes::putLong);
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    private static long hash(String id) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(digest).getLong();
        } catch (NoSuchAlgorithmException inEveryJdk) {
            throw new IllegalStateException(inEveryJdk);
        }
    }
}
