package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Principal;
import com.databroker.core.Pattern;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.files.FileEntry;
import com.databroker.files.FilePlane;
import com.databroker.files.Listing;
import com.databroker.files.OpenFile;
import com.databroker.files.Precondition;
import io.vertx.core.http.HttpMethod;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// `/files/<path>`: GET, HEAD, PUT, POST and DELETE of files, GET, POST and DELETE of folders.
final class FilesHandler {
    static final String USERS_FILE = FileGrants.USERS_FILE;

    private static final int LIMIT = 1000;
    private static final java.util.regex.Pattern ESCAPE = java.util.regex.Pattern.compile("%[0-9A-Fa-f]{2}");

    private final FilePlane files;
    private final UploadHandler uploads;
    private final TusHandler tus;
    private final FrontServer front;
    private final FormerVersionsHandler former;

    FilesHandler(FilePlane files, FrontServer front, TusHandler tus, long bytesPerSecondMin) {
        this.tus = tus;
        this.files = files;
        this.front = front;
        this.former = new FormerVersionsHandler(files);
        this.uploads = new UploadHandler(files, bytesPerSecondMin);
    }

    /// What the short way needs of the files.
    RepeatedGet.Around around(LongConsumer answered, BooleanSupplier stopping) {
        return new RepeatedGet.Around(files, front, answered, stopping);
    }

    void handle(Exchange exchange) {
        if (exchange.isMethod(HttpMethod.OPTIONS)) {
            tus.options(exchange);
            return;
        }
        exchange.allow(
                HttpMethod.GET,
                HttpMethod.HEAD,
                HttpMethod.PUT,
                HttpMethod.POST,
                HttpMethod.DELETE,
                HttpMethod.OPTIONS);
        String tail = exchange.target().tail();
        checkName(tail);
        boolean isFolder = tail.isEmpty() || tail.endsWith("/");
        String path = tail.endsWith("/") ? tail.substring(0, tail.length() - 1) : tail;
        if (exchange.isMethod(HttpMethod.GET, HttpMethod.HEAD)) {
            read(exchange, path, isFolder);
        } else if (exchange.isMethod(HttpMethod.DELETE)) {
            delete(exchange, path, isFolder);
        } else {
            write(exchange, path, isFolder);
        }
    }

    private void read(Exchange exchange, String path, boolean isFolder) {
        if (isFolder) {
            exchange.target().allow("match", "sort", "order", "cursor", "limit", "format");
            list(exchange, path);
        } else if (exchange.target().parameter("stat") != null) {
            exchange.target().allow("stat");
            stat(exchange, path);
        } else if (exchange.target().parameter(FormerVersionsHandler.LIST) != null) {
            former.list(exchange, path);
        } else if (exchange.target().parameter(FormerVersionsHandler.ONE) != null) {
            former.get(exchange, path);
        } else {
            exchange.target().allow("download");
            get(exchange, path);
        }
    }

    private void write(Exchange exchange, String path, boolean isFolder) {
        if (exchange.isMethod(HttpMethod.POST)
                && !isFolder
                && exchange.target().parameter(FormerVersionsHandler.RESTORE) != null) {
            former.restore(exchange, path);
            return;
        }
        exchange.target().allow();
        boolean form = exchange.isMethod(HttpMethod.POST)
                && MultipartForm.isForm(exchange.request().getHeader("Content-Type"));
        if (exchange.isMethod(HttpMethod.POST) && TusHandler.speaks(exchange.request())) {
            tus.create(exchange, path, isFolder);
        } else if (form && isFolder) {
            uploads.postForm(exchange, path);
        } else if (form) {
            throw new ProblemException(
                    Problem.PATH_INVALID,
                    "a form goes to a folder: end the address with a slash, /files/" + path + "/");
        } else if (isFolder) {
            throw new ProblemException(
                    Problem.PATH_INVALID, "name the file: PUT /files/" + (path.isEmpty() ? "" : path + "/") + "<name>");
        } else {
            uploads.put(exchange, path);
        }
    }

    static void checkName(String path) {
        FileGrants.checkName(path);
        if (path.indexOf('%') >= 0 && ESCAPE.matcher(path).find()) {
            // No address could name it: one that is escaped twice is refused.
            throw new ProblemException(Problem.PATH_INVALID, "the name has a percent escape");
        }
    }

    static Principal require(Exchange exchange, Action action, String path) {
        Principal principal = exchange.principal();
        FileGrants.require(exchange.gate(), principal, action, path, exchange.address(), Exchange.DOOR);
        return principal;
    }

    private void delete(Exchange exchange, String path, boolean isFolder) {
        if (!isFolder && exchange.target().parameter(FormerVersionsHandler.LIST) != null) {
            former.forget(exchange, path);
            return;
        }
        exchange.target().allow("recursive");
        FileGrants.checkMayGo(path);
        if (path.isEmpty()) {
            throw new ProblemException(Problem.PATH_INVALID, "the folder of all files cannot be deleted");
        }
        boolean recursive = flag(exchange, "recursive");
        Principal principal = require(exchange, Action.DELETE, path);
        Precondition precondition = Conditions.of(exchange.request());
        if (recursive) {
            exchange.blocking(() -> {
                files.deleteTree(path, below -> exchange.require(Action.DELETE, below), precondition, principal);
                exchange.onLoop(() -> exchange.empty(204));
            });
            return;
        }
        exchange.blocking(() -> {
            if (isFolder && !files.stat(path).map(FileEntry::folder).orElse(false)) {
                throw new ProblemException(Problem.FILE_NOT_FOUND, "there is no folder " + path);
            }
            files.delete(path, precondition, principal);
            exchange.onLoop(() -> exchange.empty(204));
        });
    }

    private static boolean flag(Exchange exchange, String name) {
        String value = exchange.target().parameter(name);
        if (value != null && !value.isEmpty() && !value.equals("true") && !value.equals("false")) {
            throw new ProblemException(Problem.BAD_REQUEST, name + " is true or false");
        }
        return value != null && !value.equals("false");
    }

    private void get(Exchange exchange, String path) {
        require(exchange, Action.READ, path);
        if (front.sends(exchange)) {
            front.hand(exchange, path);
            return;
        }
        OpenFile held = files.readIfHeld(path);
        if (held != null) {
            exchange.fromMemory();
            FileSender.send(exchange, held);
            return;
        }
        exchange.blocking(() -> {
            OpenFile file = files.read(path);
            exchange.onLoop(() -> {
                if (file.entry().folder()) {
                    redirect(exchange);
                } else {
                    FileSender.send(exchange, file);
                }
            });
        });
    }

    static void redirect(Exchange exchange) {
        exchange.response().putHeader("Location", exchange.request().path() + "/");
        exchange.empty(308);
    }

    private void stat(Exchange exchange, String path) {
        require(exchange, Action.READ, path);
        exchange.blocking(() -> {
            FileEntry entry = files.stat(path)
                    .orElseThrow(() -> new ProblemException(Problem.FILE_NOT_FOUND, "there is no file " + path));
            exchange.onLoop(() -> exchange.json(200, json -> FolderPage.writeEntry(json, entry)));
        });
    }

    private void list(Exchange exchange, String folder) {
        Principal principal = exchange.principal();
        if (!folder.isEmpty() && !visible(principal, folder, true)) {
            // Whether there is such a folder is nothing to tell either.
            require(exchange, Action.READ, folder);
        }
        boolean html = isHtml(exchange);
        Listing.Query query = query(exchange);
        exchange.blocking(() -> {
            Listing listing = files.list(folder, query, (path, isFolder) -> visible(principal, path, isFolder));
            exchange.onLoop(() -> {
                exchange.response().putHeader("Vary", "Accept, Authorization");
                if (html) {
                    StatusHandler.pageHeaders(exchange.response());
                    // Without a referrer a browser would send the form from the origin "null", which is refused.
                    exchange.response().putHeader("Referrer-Policy", "same-origin");
                    exchange.answer(
                            200, "text/html; charset=utf-8", FolderPage.html(folder, listing, next(exchange, listing)));
                } else {
                    exchange.json(200, json -> FolderPage.writeJson(json, folder, listing));
                }
            });
        });
    }

    private static boolean isHtml(Exchange exchange) {
        String format = exchange.target().parameter("format");
        if (format == null) {
            return exchange.prefersHtml();
        }
        if (!format.equals("html") && !format.equals("json")) {
            throw new ProblemException(Problem.BAD_REQUEST, "format is html or json");
        }
        return format.equals("html");
    }

    private static Listing.Query query(Exchange exchange) {
        String order = parameter(exchange, "order", "asc");
        if (!order.equals("asc") && !order.equals("desc")) {
            throw new ProblemException(Problem.BAD_REQUEST, "order is asc or desc");
        }
        String limit = parameter(exchange, "limit", Integer.toString(LIMIT));
        if (!limit.matches("\\d{1,6}")) {
            throw new ProblemException(Problem.BAD_REQUEST, "limit \"" + Text.excerpt(limit) + "\" is not a number");
        }
        return new Listing.Query(
                parameter(exchange, "match", ""),
                Listing.Sort.of(parameter(exchange, "sort", "name")),
                order.equals("desc"),
                parameter(exchange, "cursor", ""),
                Integer.parseInt(limit));
    }

    private static String parameter(Exchange exchange, String name, String otherwise) {
        String value = exchange.target().parameter(name);
        return value == null ? otherwise : value;
    }

    private static @Nullable String next(Exchange exchange, Listing listing) {
        return listing.next() == null ? null : exchange.target().queryWith("cursor", listing.next());
    }

    /// Whether anything may be written in a folder.
    static boolean mayWriteBelow(Principal principal, String folder) {
        return folder.isEmpty()
                ? principal.may(Action.ADMIN, "users") || principal.mayOverlap(Action.WRITE, Pattern.ALL)
                : principal.mayOverlap(Action.WRITE, Pattern.of(folder + "/**"));
    }

    /// A name is shown to those who may read what it names, or something below it.
    static boolean visible(Principal principal, String path, boolean folder) {
        return FileGrants.isVisible(principal, path, folder);
    }
}
