package com.databroker.hibernate;

import jakarta.persistence.Entity;
import org.jspecify.annotations.Nullable;

/// A vehicle with a plate.
@Entity
@SuppressWarnings("UnusedVariable") // Hibernate reads them.
class Car extends Vehicle {
    private @Nullable String plate;
}
