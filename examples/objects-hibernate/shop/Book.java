package shop;

import jakarta.persistence.Entity;

/// A product with pages.
@Entity
public class Book extends Product {
    private Integer pages;
}
