package com.databroker.hibernate;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.OneToMany;
import jakarta.persistence.Version;
import java.util.ArrayList;
import java.util.List;

/// Of the contract; its number is given by whoever makes it.
@Entity
@SuppressWarnings("UnusedVariable") // Hibernate reads them.
class Dept {
    @Id
    private long id;

    @Column(nullable = false, length = 80)
    private String name = "";

    @OneToMany(mappedBy = "dept")
    private List<Person> staff = new ArrayList<>();

    @Version
    private long version;

    List<Person> staff() {
        return staff;
    }
}
