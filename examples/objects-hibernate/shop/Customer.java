package shop;

import com.databroker.hibernate.Hidden;
import com.databroker.hibernate.OnServer;
import com.databroker.hibernate.Untagged;
import jakarta.persistence.Column;
import jakarta.persistence.Embedded;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.OneToMany;
import jakarta.persistence.PrePersist;
import jakarta.persistence.Version;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/// Who buys.
@Entity
public class Customer {
    @Id
    @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "customer_id")
    @jakarta.persistence.SequenceGenerator(name = "customer_id", sequenceName = "customer_id", allocationSize = 10)
    private Long id;

    @Column(nullable = false, length = 100)
    private String name;

    @Embedded
    private Address address;

    @Untagged
    private String notes;

    @Hidden
    private String cardNumber;

    @Column(nullable = false)
    private BigDecimal credit;

    @OneToMany(mappedBy = "buyer")
    private List<Purchase> orders = new ArrayList<>();

    @Version
    private long version;

    @PrePersist
    void begin() {
        if (credit == null) {
            credit = BigDecimal.ZERO;
        }
    }

    /// What the customer buys, as an order that is written with this call.
    @OnServer
    public Purchase buy(EntityManager entities, Product product, int pieces) {
        BigDecimal price = product.price().multiply(BigDecimal.valueOf(pieces));
        credit = credit.subtract(price);
        Purchase order = new Purchase(this);
        entities.persist(order);
        order.add(product, pieces);
        entities.flush();
        if (credit.signum() < 0) {
            throw new IllegalStateException("no credit");
        }
        return order;
    }

    /// Customers of a city, those with most credit first.
    @OnServer(readOnly = true)
    public static List<Customer> of(EntityManager entities, String city, int most) {
        return entities.createQuery(
                        "from Customer c where c.address.city = :city order by c.credit desc, c.id", Customer.class)
                .setParameter("city", city)
                .setMaxResults(most)
                .getResultList();
    }
}
