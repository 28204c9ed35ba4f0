package shop;

import jakarta.persistence.Entity;

/// A product with a length.
@Entity
public class Disc extends Product {
    private Integer minutes;
}
