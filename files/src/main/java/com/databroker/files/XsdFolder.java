package com.databroker.files;

import com.databroker.core.Text;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.ls.LSInput;
import org.w3c.dom.ls.LSResourceResolver;

/// The files beside a schema, which it may include or import by their names, and nothing else.
final class XsdFolder implements LSResourceResolver {
    private final Path folder;

    XsdFolder(Path folder) {
        this.folder = folder;
    }

    @Override
    public LSInput resolveResource(
            @Nullable String type,
            @Nullable String namespace,
            @Nullable String publicId,
            @Nullable String systemId,
            @Nullable String base) {
        return new Beside(systemId == null ? "" : systemId);
    }

    /// One file, opened when the parser asks for its bytes: then a refusal has the place of whoever asked for it.
    private final class Beside implements LSInput {
        private final String name;

        Beside(String name) {
            this.name = name;
        }

        private Path file() {
            return folder.resolve(name.isEmpty() || name.contains("/") || name.contains("\\") ? "." : name);
        }

        @Override
        public InputStream getByteStream() {
            try {
                Path file = file();
                if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    return Files.newInputStream(file);
                }
            } catch (IOException | IllegalArgumentException unreadable) {
                return new Refused(unreadable.getMessage());
            }
            return new Refused("\"" + Text.excerpt(name)
                    + "\" is not read: a schema includes and imports files beside it, by their names");
        }

        @Override
        public String getSystemId() {
            return folder.toUri() + name;
        }

        @Override
        public @Nullable String getBaseURI() {
            return null;
        }

        @Override
        public @Nullable Reader getCharacterStream() {
            return null;
        }

        @Override
        public @Nullable String getStringData() {
            return null;
        }

        @Override
        public @Nullable String getPublicId() {
            return null;
        }

        @Override
        public @Nullable String getEncoding() {
            return null;
        }

        @Override
        public boolean getCertifiedText() {
            return false;
        }

        @Override
        public void setByteStream(@Nullable InputStream bytes) {}

        @Override
        public void setSystemId(@Nullable String systemId) {}

        @Override
        public void setBaseURI(@Nullable String base) {}

        @Override
        public void setCharacterStream(@Nullable Reader characters) {}

        @Override
        public void setStringData(@Nullable String data) {}

        @Override
        public void setPublicId(@Nullable String publicId) {}

        @Override
        public void setEncoding(@Nullable String encoding) {}

        @Override
        public void setCertifiedText(boolean certified) {}
    }

    /// Says why when it is read.
    private static final class Refused extends InputStream {
        private final String reason;

        Refused(@Nullable String reason) {
            this.reason = String.valueOf(reason);
        }

        @Override
        public int read() throws IOException {
            throw new IOException(reason);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            throw new IOException(reason);
        }
    }
}
