package shop;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Inheritance;
import jakarta.persistence.InheritanceType;
import jakarta.persistence.Version;
import java.math.BigDecimal;

/// What is sold. It and what inherits from it are one type, with a field `kind` that says which they are.
@Entity
@Inheritance(strategy = InheritanceType.SINGLE_TABLE)
public abstract class Product {
    @Id
    @Column(length = 20)
    private String code;

    @Column(nullable = false)
    private String title;

    @Column(nullable = false)
    private BigDecimal price;

    @Version
    private int version;

    public String code() {
        return code;
    }

    public BigDecimal price() {
        return price;
    }
}
