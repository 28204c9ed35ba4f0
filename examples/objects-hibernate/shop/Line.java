package shop;

import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import java.math.BigDecimal;

/// A line of an order; without a version, so what a commit changes is compared with what it saw.
@Entity
public class Line {
    @EmbeddedId
    private LineId id;

    @ManyToOne(optional = false)
    @JoinColumn(name = "orderNumber", insertable = false, updatable = false)
    private Purchase purchase;

    @ManyToOne(optional = false)
    @JoinColumn(name = "product_code")
    private Product product;

    private int pieces;

    protected Line() {}

    Line(Purchase purchase, int place, Product product, int pieces) {
        this.id = new LineId(purchase.id(), place);
        this.purchase = purchase;
        this.product = product;
        this.pieces = pieces;
    }

    String code() {
        return product.code();
    }

    BigDecimal price() {
        return product.price().multiply(BigDecimal.valueOf(pieces));
    }
}
