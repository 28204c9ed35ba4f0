package com.databroker.server;

import com.databroker.core.Problem;

/// The numbers of SFTP, as draft-ietf-secsh-filexfer-02 has them, and of OpenSSH's additions.
final class SshMessage {
    static final int INIT = 1;
    static final int VERSION = 2;
    static final int OPEN = 3;
    static final int CLOSE = 4;
    static final int READ = 5;
    static final int WRITE = 6;
    static final int LSTAT = 7;
    static final int FSTAT = 8;
    static final int SETSTAT = 9;
    static final int FSETSTAT = 10;
    static final int OPENDIR = 11;
    static final int READDIR = 12;
    static final int REMOVE = 13;
    static final int MKDIR = 14;
    static final int RMDIR = 15;
    static final int REALPATH = 16;
    static final int STAT = 17;
    static final int RENAME = 18;
    static final int STATUS = 101;
    static final int HANDLE = 102;
    static final int DATA = 103;
    static final int NAME = 104;
    static final int ATTRS = 105;
    static final int EXTENDED = (byte) 200;
    static final int EXTENDED_REPLY = 201;

    static final int OK = 0;
    static final int EOF = 1;
    static final int NO_SUCH_FILE = 2;
    static final int PERMISSION_DENIED = 3;
    static final int FAILURE = 4;
    static final int BAD_MESSAGE = 5;
    static final int UNSUPPORTED = 8;

    static final String POSIX_RENAME = "posix-rename@openssh.com";
    static final String LIMITS = "limits@openssh.com";

    private SshMessage() {}

    /// The status for a problem. What cannot be named here cannot be there either.
    static int status(Problem problem, int type) {
        return switch (problem) {
            case FILE_NOT_FOUND -> NO_SUCH_FILE;
            case PATH_INVALID -> isLook(type) ? NO_SUCH_FILE : FAILURE;
            case FORBIDDEN, NOT_AUTHENTICATED, ACCESS_REVOKED -> PERMISSION_DENIED;
            default -> FAILURE;
        };
    }

    /// Whether people should be told: programs look for what is not there all the time.
    static boolean isWorthSaying(int type, Problem problem) {
        return !isLook(type) && problem != Problem.FILE_NOT_FOUND;
    }

    private static boolean isLook(int type) {
        return type == STAT || type == LSTAT || type == REALPATH || type == OPENDIR;
    }
}
