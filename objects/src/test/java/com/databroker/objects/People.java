package com.databroker.objects;

import com.databroker.access.AccessConfig;
import com.databroker.access.Action;
import com.databroker.access.Credentials;
import com.databroker.access.Gate;
import com.databroker.access.Grant;
import com.databroker.access.NewToken;
import com.databroker.access.Principal;
import com.databroker.access.UsersEditor;
import com.databroker.core.Bytes;
import com.databroker.core.Pattern;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// A real gate with a few users.
final class People implements AutoCloseable {
    private final SplittableRandom random = new SplittableRandom(1);
    private final Map<String, String> tokens = new HashMap<>();
    private final Path file;
    private final Gate gate;
    private Bytes text;

    People(Path folder) throws IOException {
        NewToken admin = NewToken.generate("test", null, List.of(), random);
        file = folder.resolve("users.xml");
        text = UsersEditor.initial("admin", admin);
        Files.write(file, text.toArray());
        gate = Gate.open(AccessConfig.defaults(), file, folder.resolve("audit.log"), InstantSource.system());
    }

    People with(String user, Grant... grants) throws IOException {
        NewToken token = NewToken.generate("test", null, List.of(), random);
        tokens.put(user, token.secret());
        text = UsersEditor.addToken(UsersEditor.addUser(text, user, List.of(grants), List.of()), user, token);
        Files.write(file, text.toArray());
        gate.reload("admin");
        return this;
    }

    static Grant may(Action action, String pattern) {
        return new Grant(action, Pattern.of(pattern));
    }

    String token(String user) {
        return tokens.getOrDefault(user, "");
    }

    /// Somebody at a door that lets people sign in.
    Caller caller(String user) {
        Caller caller = new Caller();
        caller.authenticate(user.isEmpty() ? new Credentials.Anonymous() : new Credentials.Token(token(user)));
        return caller;
    }

    final class Caller implements ObjectCaller {
        private Principal principal = Principal.disk();

        @Override
        public Principal principal() {
            return principal;
        }

        @Override
        public void authenticate(Credentials credentials) {
            principal = admitted(credentials);
        }
    }

    private Principal admitted(Credentials credentials) {
        return credentials instanceof Credentials.Anonymous
                ? Principal.disk()
                : gate.authenticate(credentials, "127.0.0.1");
    }

    @Override
    public void close() {
        gate.close();
    }
}
