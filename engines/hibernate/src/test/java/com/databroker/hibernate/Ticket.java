package com.databroker.hibernate;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Refers by two columns.
@Entity
@SuppressWarnings("UnusedVariable") // Hibernate reads them.
class Ticket {
    @Id
    private @Nullable UUID id;

    @ManyToOne
    @JoinColumn(name = "seat_line", referencedColumnName = "line")
    @JoinColumn(name = "seat_number", referencedColumnName = "number")
    private @Nullable Seat seat;
}
