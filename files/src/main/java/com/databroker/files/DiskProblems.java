package com.databroker.files;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the disk says, in the words of the catalogue of problems.
final class DiskProblems {
    private static final Logger LOG = LoggerFactory.getLogger(DiskProblems.class);

    private DiskProblems() {}

    static ProblemException problem(String path, IOException refused) {
        if (refused instanceof NoSuchFileException || refused instanceof NotDirectoryException) {
            return new ProblemException(Problem.FILE_NOT_FOUND, "there is no file or folder " + path, refused);
        }
        if (refused instanceof DirectoryNotEmptyException) {
            return new ProblemException(Problem.PATH_CONFLICT, "folder " + path + " is not empty", refused);
        }
        String message = String.valueOf(refused.getMessage());
        if (message.contains("No space left") || message.contains("quota exceeded")) {
            return new ProblemException(Problem.STORAGE_FULL, path + " does not fit on the disk", refused);
        }
        if (message.contains("Too many open files")) {
            return new ProblemException(Problem.UNAVAILABLE, "too many files are open", refused);
        }
        LOG.atError().addKeyValue("path", path).setCause(refused).log("the disk refused");
        return new ProblemException(Problem.STORAGE_FAILED, path + ": " + reason(refused), refused);
    }

    static String reason(IOException refused) {
        if (refused instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (refused instanceof FileSystemException said && said.getReason() != null) {
            return said.getReason();
        }
        return refused.getClass().getSimpleName().replace("Exception", "");
    }
}
