package com.databroker.hibernate;

import com.databroker.access.Principal;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.Version;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Of the contract; numbered by the database.
@Entity
@SuppressWarnings("UnusedVariable") // Hibernate reads them.
class Person {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private @Nullable Long id;

    @Column(nullable = false, length = 80)
    private @Nullable String name;

    private @Nullable BigDecimal salary;

    @ManyToOne
    @JoinColumn(name = "dept_id")
    private @Nullable Dept dept;

    private @Nullable LocalDate born;

    private @Nullable Boolean active;

    @Hidden
    private @Nullable String secret;

    @Version
    private long version;

    record Receipt(String by, BigDecimal before, BigDecimal after, Person who) {}

    @OnServer
    Receipt raise(int percent, Principal by) {
        BigDecimal before = Objects.requireNonNull(salary);
        BigDecimal now = before.add(before.multiply(new BigDecimal(percent)).movePointLeft(2));
        salary = now;
        if (now.compareTo(new BigDecimal("1000000")) > 0) {
            throw new IllegalStateException("too much");
        }
        return new Receipt(by.name(), before, now, this);
    }

    @OnServer(readOnly = true)
    static List<Person> richest(EntityManager entities, Dept of, int most) {
        return entities.createQuery("from Person p where p.dept = :dept order by p.salary desc", Person.class)
                .setParameter("dept", of)
                .setMaxResults(most)
                .getResultList();
    }
}
