package com.databroker.hibernate;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Inheritance;
import jakarta.persistence.InheritanceType;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.Version;
import org.jspecify.annotations.Nullable;

/// In a table of its own, beside those of what inherits from it.
@Entity
@SuppressWarnings("UnusedVariable") // Hibernate reads them.
@Inheritance(strategy = InheritanceType.JOINED)
class Vehicle {
    @Id
    @GeneratedValue(strategy = GenerationType.SEQUENCE)
    private @Nullable Long id;

    private int wheels;

    @ManyToOne
    private @Nullable Vehicle towedBy;

    @Version
    private @Nullable Integer version;
}
