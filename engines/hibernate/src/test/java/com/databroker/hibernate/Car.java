package com.databroker.hibernate;

import jakarta.persistence.Entity;
import org.jspecify.annotations.Nullable;

/// A vehicle with a plate.
@Entity
class Car extends Vehicle {
    private @Nullable String plate;
}
