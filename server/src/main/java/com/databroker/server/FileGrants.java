package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Gate;
import com.databroker.access.Principal;
import com.databroker.core.Pattern;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;

/// Which grant a path of the files plane asks for: the same at every door.
final class FileGrants {
    /// The users file is a file like others, but for who may touch it: administrators of `users`.
    static final String USERS_FILE = "broker_users.xml";

    private static final String USERS = "users";

    private FileGrants() {}

    /// @throws ProblemException [Problem#FORBIDDEN]
    static void require(Gate gate, Principal principal, Action action, String path, String address, String door) {
        if (path.equals(USERS_FILE)) {
            gate.require(principal, Action.ADMIN, USERS, address, door);
        } else {
            gate.require(principal, action, path, address, door);
        }
    }

    static boolean may(Principal principal, Action action, String path) {
        return path.equals(USERS_FILE) ? principal.may(Action.ADMIN, USERS) : principal.may(action, path);
    }

    /// A name is shown to those who may read what it names, or something below it.
    static boolean isVisible(Principal principal, String path, boolean folder) {
        return folder ? principal.mayOverlap(Action.READ, Pattern.of(path + "/**")) : may(principal, Action.READ, path);
    }

    /// @throws ProblemException [Problem#PATH_INVALID]
    static void checkName(String path) {
        if (path.equalsIgnoreCase(USERS_FILE) && !path.equals(USERS_FILE)) {
            // On some disks it would be the users file.
            throw new ProblemException(Problem.PATH_INVALID, "the name could be read as " + USERS_FILE);
        }
    }

    /// @throws ProblemException [Problem#FORBIDDEN] for the one file that there must be
    static void checkMayGo(String path) {
        if (path.equals(USERS_FILE)) {
            throw new ProblemException(Problem.FORBIDDEN, "the users file can be replaced, not deleted");
        }
    }
}
