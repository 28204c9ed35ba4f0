package com.databroker.hibernate;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/// By two attributes of its own.
@Entity
@SuppressWarnings("UnusedVariable") // Hibernate reads them.
@IdClass(Seat.Place.class)
class Seat {
    @Id
    private @Nullable String line;

    @Id
    private int number;

    private @Nullable String colour;

    record Place(String line, int number) implements Serializable {}
}
