package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.streams.Body;
import java.io.ByteArrayInputStream;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Where GitHub tells what happens: who may, and what it told. For any number of threads.
///
/// A delivery is signed by HMAC-SHA-256 over its bytes as they came, under a secret that the two ends share. While a
/// secret is changed for another, both are in force.
public final class GithubWebhook {
    /// The header with the signature: `sha256=` and 64 hexadecimal digits.
    public static final String SIGNATURE = "X-Hub-Signature-256";

    private static final String ALGORITHM = "HmacSHA256";
    private static final Pattern SIGNED = Pattern.compile("sha256=[0-9a-f]{64}");
    /// What the reader of the stream looks at.
    private static final Set<String> HEADERS = Set.of("content-type", "x-github-event", "x-github-delivery");

    private final String name;
    private final List<SecretKeySpec> keys;

    /// @param secrets at least one
    GithubWebhook(String name, List<Bytes> secrets) {
        this.name = name;
        keys = secrets.stream()
                .map(secret -> new SecretKeySpec(secret.toArray(), ALGORITHM))
                .toList();
        if (keys.isEmpty()) {
            throw new IllegalArgumentException("a webhook without a secret is anybody's");
        }
    }

    public String name() {
        return name;
    }

    /// The stream that it is for.
    public String stream() {
        return "github";
    }

    /// Whether a text has the form of a signature, so that it is worth to read what it signs.
    public static boolean isSignature(String text) {
        return SIGNED.matcher(text).matches();
    }

    /// Whether the bytes were signed so by who knows a secret. Takes the same time whichever byte is wrong, and
    /// whichever secret is right.
    public boolean isSigned(Bytes body, String signature) {
        if (!isSignature(signature)) {
            return false;
        }
        byte[] shown = HexFormat.of().parseHex(signature, "sha256=".length(), signature.length());
        boolean signed = false;
        for (SecretKeySpec key : keys) {
            signed |= MessageDigest.isEqual(hmac(key, body), shown);
        }
        return signed;
    }

    private static byte[] hmac(SecretKeySpec key, Bytes body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update(body.asReadOnlyBuffer());
            return mac.doFinal();
        } catch (NoSuchAlgorithmException | InvalidKeyException inEveryJdk) {
            throw new IllegalStateException(inEveryJdk);
        }
    }

    /// A delivery for the reader of the stream.
    ///
    /// @param headers names in lower case
    public Body body(Map<String, String> headers, Bytes bytes, Instant received) {
        Map<String, String> kept = new HashMap<>(headers);
        kept.keySet().retainAll(HEADERS);
        String delivery = kept.getOrDefault("x-github-delivery", received.toString());
        return new Body(
                "hook/" + name + "/" + delivery, name, kept, received, new ByteArrayInputStream(bytes.toArray()));
    }

    /// Without the secrets.
    @Override
    public String toString() {
        return "GithubWebhook[" + name + "]";
    }
}
