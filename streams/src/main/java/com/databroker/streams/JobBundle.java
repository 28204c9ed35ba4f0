package com.databroker.streams;

import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.util.List;
import org.apache.flink.util.InstantiationUtil;

/// The jobs that a jar is about, with all that they have to know: it needs no configuration where it runs.
///
/// It holds how to sign in at Kafka and the secrets of sources, so a jar is to be kept as a file of passwords is.
record JobBundle(List<StreamJob> jobs, JobSettings settings) implements Serializable {
    /// Within the jar.
    static final String ENTRY = "databroker/jobs";

    JobBundle {
        jobs = List.copyOf(jobs);
    }

    void write(OutputStream to) throws IOException {
        // Not closed: more may follow.
        ObjectOutputStream out = new ObjectOutputStream(to);
        out.writeObject(this);
        out.flush();
    }

    static JobBundle read(InputStream from, ClassLoader classes) throws IOException {
        try (InstantiationUtil.ClassLoaderObjectInputStream in =
                new InstantiationUtil.ClassLoaderObjectInputStream(from, classes)) {
            return (JobBundle) in.readObject();
        } catch (ClassNotFoundException | ClassCastException foreign) {
            throw new IOException("the jar's jobs are not of this databroker", foreign);
        }
    }
}
